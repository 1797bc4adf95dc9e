// Reads an AsyncAPI document from standard input and prints what the official parser has against it, as JSON.
import { text } from 'node:stream/consumers'
import { Parser } from '@asyncapi/parser'

const { diagnostics } = await new Parser().parse(await text(process.stdin))
process.stdout.write(JSON.stringify(diagnostics))
