// Where the stream is. Pure.

// page: the address that the page came from. config: the service's. A browser can't set a WebSocket's headers, so the
// key is in its query; the page's own address never has it.
export function streamUrl ({ protocol, host, hostname }, config, channel, key) {
  // Who brought the page over TLS, for a service that has none itself, brings the stream too: a browser opens no other.
  const isBehindProxy = protocol === 'https:' && !config.tls
  const origin = isBehindProxy ? `wss://${host}` : `${config.tls ? 'wss' : 'ws'}://${hostname}:${config.ws_port}`
  return `${origin}/ws/${channel}?on_lag=resync&key=${encodeURIComponent(key)}`
}
