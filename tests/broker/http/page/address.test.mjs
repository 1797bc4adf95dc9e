import assert from 'node:assert/strict'
import { test } from 'node:test'
import { streamUrl } from '../../../../broker/http/page/address.js'

const at = (address, config) => streamUrl(new URL(address), { ws_port: 8080, tls: false, ...config }, 'live', 'pn+live')

test('the stream is beside the page, at the port of subscribers', () => {
  assert.equal(at('http://relay:8081/'), 'ws://relay:8080/ws/live?on_lag=resync&key=pn%2Blive')
  assert.equal(at('http://relay:8081/', { tls: true }), 'wss://relay:8080/ws/live?on_lag=resync&key=pn%2Blive')
})

test('the proxy that brings the page over TLS brings the stream', () => {
  assert.equal(at('https://relay.example.com/'), 'wss://relay.example.com/ws/live?on_lag=resync&key=pn%2Blive')
  assert.equal(at('https://relay:8443/', { tls: true }), 'wss://relay:8080/ws/live?on_lag=resync&key=pn%2Blive')
})
