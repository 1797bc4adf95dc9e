import assert from 'node:assert/strict'
import { beforeEach, mock, test } from 'node:test'
import { CONNECTING, Feed, LOST, OPEN } from '../../../../broker/http/page/feed.js'
import { LONGEST_MS } from '../../../../broker/http/page/reconnecting.js'
import { snapshot } from './a_game.mjs'

const SILENCE_MS = 20_000
const ANSWER_MS = 10_000

class Socket {
  sent = []
  isClosed = false

  constructor (url) {
    this.url = url
    sockets.push(this)
  }

  send (text) { this.sent.push(text) }
  close () { this.isClosed = true }

  open () {
    this.onopen()
    this.onmessage({ data: JSON.stringify(snapshot()) })
  }

  end (code = 1006, reason = '') { this.onclose({ code, reason }) }
}

let sockets, told, frames, refusals, keyIsGood, feed

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  globalThis.WebSocket = Socket
  sockets = []
  told = []
  frames = []
  refusals = []
  keyIsGood = true
  feed = new Feed({
    url: (channel) => `to ${channel}`,
    frame: (frame) => frames.push(frame.type),
    state: (state) => told.push(state),
    refused: (reason) => { refusals.push(reason); feed.stop() },
    isKeyGood: async () => keyIsGood
  })
})

const phases = () => told.map(({ phase }) => phase)

test('frames are handed on, and it is open with the snapshot', () => {
  feed.follow('live')
  feed.follow('live')
  sockets[0].open()
  assert.deepEqual(sockets.map(({ url }) => url), ['to live'])
  assert.deepEqual([phases(), frames], [[CONNECTING, OPEN], ['snapshot']])
})

test('a lost connection is opened again after about a second', () => {
  feed.follow('live')
  sockets[0].open()
  sockets[0].end()
  const { phase, problem, until } = told.at(-1)
  assert.deepEqual([phase, problem], [LOST, 'The connection was lost'])
  assert.ok(until >= 500 && until <= 1_000)
  mock.timers.tick(1_000)
  assert.equal(sockets.length, 2)
})

test('pauses grow while it fails, and are short again after it lasted', () => {
  feed.follow('live')
  for (let failure = 0; failure < 8; failure++) {
    sockets.at(-1).end()
    mock.timers.tick(LONGEST_MS)
  }
  const pause = () => { const before = Date.now(); sockets.at(-1).end(); return told.at(-1).until - before }
  assert.ok(pause() >= LONGEST_MS / 2)
  mock.timers.tick(LONGEST_MS)
  sockets.at(-1).open()
  mock.timers.tick(SILENCE_MS - 1)
  sockets.at(-1).open()
  mock.timers.tick(SILENCE_MS - 1)
  sockets.at(-1).onmessage({ data: '{"type":"pong"}' })
  assert.ok(pause() >= LONGEST_MS / 2)
  mock.timers.tick(LONGEST_MS)
  sockets.at(-1).open()
  for (let heard = 0; heard < 3; heard++) {
    mock.timers.tick(SILENCE_MS - 1)
    sockets.at(-1).onmessage({ data: '{"type":"pong"}' })
  }
  assert.ok(pause() <= 1_000)
})

test('nobody needs to wait', () => {
  feed.follow('live')
  feed.retry()
  assert.equal(sockets.length, 1)
  sockets[0].end()
  feed.retry()
  assert.equal(sockets.length, 2)
  mock.timers.tick(LONGEST_MS)
  assert.equal(sockets.length, 2)
})

test('a pause is cut short when the network is back', () => {
  feed.hurry()
  assert.equal(sockets.length, 0)
  feed.follow('live')
  feed.hurry()
  assert.equal(sockets.length, 1)
  sockets[0].end()
  feed.hurry()
  feed.hurry()
  assert.equal(sockets.length, 2)
})

test('a revoked key is given up', () => {
  feed.follow('odds')
  sockets[0].open()
  sockets[0].end(1008, 'key revoked or expired')
  mock.timers.tick(LONGEST_MS)
  assert.deepEqual([refusals, sockets.length], [['key revoked or expired'], 1])
})

test('whom the operator closed stays away until somebody wants to come back', () => {
  feed.follow('odds')
  sockets[0].open()
  sockets[0].end(1008, 'closed by the operator')
  mock.timers.tick(LONGEST_MS)
  feed.hurry()
  assert.deepEqual([told.at(-1).phase, told.at(-1).until, sockets.length], [LOST, null, 1])
  feed.retry()
  assert.equal(sockets.length, 2)
})

test('a handshake that fails may be for the key: that is asked elsewhere', async () => {
  feed.follow('odds')
  sockets[0].end()
  await null
  assert.deepEqual([refusals, told.at(-1).problem], [[], 'The stream can’t be reached'])
  keyIsGood = false
  mock.timers.tick(LONGEST_MS)
  sockets[1].end()
  await null
  assert.deepEqual(refusals, ['this key is not accepted'])
})

test('a silent server is asked, and taken for lost when it does not answer', () => {
  feed.follow('live')
  sockets[0].open()
  mock.timers.tick(SILENCE_MS)
  assert.deepEqual(sockets[0].sent, ['{"action":"ping"}'])
  sockets[0].onmessage({ data: '{"type":"pong","ts":1}' })
  mock.timers.tick(SILENCE_MS)
  assert.equal(sockets[0].sent.length, 2)
  mock.timers.tick(ANSWER_MS)
  assert.equal(told.at(-1).phase, LOST)
  assert.ok(sockets[0].isClosed)
})

test('another channel takes the place of the first, and a stop is final', () => {
  feed.follow('live')
  sockets[0].open()
  feed.follow('odds')
  assert.ok(sockets[0].isClosed)
  assert.equal(sockets[1].url, 'to odds')
  feed.stop()
  mock.timers.tick(LONGEST_MS)
  assert.equal(sockets.length, 2)
})
