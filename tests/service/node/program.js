// Takes orders from standard input, one a line, and prints reports likewise. Usage: node program.js
import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import { opener } from './opening.js'

const open = opener(WebSocket, (report) => process.stdout.write(JSON.stringify(report) + '\n'))
for await (const line of createInterface(process.stdin)) open(JSON.parse(line))
