import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterClose, BACK_OFF, FORGET, LEAVE, pauseMs, SPREAD } from '../../../../broker/http/page/reconnecting.js'

const least = () => 0
const most = () => 1

test('the pause doubles from 1 s to 30 s, and at least half of it is waited for', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 1000]
  assert.deepEqual(pauses.map((failures) => pauseMs(BACK_OFF, failures, most)), [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000])
  assert.deepEqual(pauses.map((failures) => pauseMs(BACK_OFF, failures, least)), [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000])
})

test('after a close of all at once the return is spread over 10 s, however often it failed', () => {
  assert.deepEqual([pauseMs(SPREAD, 1, least), pauseMs(SPREAD, 9, most)], [0, 10_000])
})

test('a key that is no longer good, and the operator, end it', () => {
  assert.equal(afterClose(1008, 'key revoked or expired'), FORGET)
  assert.equal(afterClose(1008, 'closed by the operator'), LEAVE)
  assert.equal(afterClose(1008, 'more than 10 messages a second'), BACK_OFF)
  assert.equal(afterClose(1012, 'service restart'), SPREAD)
  assert.equal(afterClose(1006, ''), BACK_OFF)
})
