// Prints every frame that a subscriber receives, one a line. Usage: node subscribe.js URL
import WebSocket from 'ws'

const socket = new WebSocket(process.argv[2])
socket.on('message', (data, isBinary) => {
  if (isBinary) throw new Error('a binary frame')
  process.stdout.write(data.toString() + '\n')
})
