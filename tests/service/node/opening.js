// Opens WebSockets by order, [number, url], and reports what happens to each. For node and for a browser's page alike.
export function opener (WebSocket, report) {
  return ([number, url]) => {
    const socket = new WebSocket(url)
    socket.onopen = () => report([number, 'open', socket.extensions])
    socket.onmessage = ({ data }) => report([number, 'frame', data])
    socket.onclose = ({ code, reason }) => report([number, 'close', reason, code])
    // A close follows, and says all that there is to say.
    socket.onerror = () => {}
  }
}
