import assert from 'node:assert/strict'
import { beforeEach, mock, test } from 'node:test'
import { Poll } from '../../../../broker/http/page/polling.js'

const PERIOD_MS = 5_000

let asked, answers, failures, poll

// Answers by hand: each question waits for `answers[n].resolve` or `.reject`.
function ask (signal) {
  asked++
  return new Promise((resolve, reject) => { answers.push({ resolve, reject, signal }) })
}

const settled = () => new Promise(setImmediate)

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout'] })
  globalThis.document = new EventTarget()
  document.hidden = false
  asked = 0
  answers = []
  failures = []
  poll = new Poll(PERIOD_MS, ask, (error) => failures.push(error.message))
})

async function answer () {
  answers.at(-1).resolve()
  await settled()
}

test('it asks at once, and again a period after each answer', async () => {
  poll.start()
  poll.start()
  assert.equal(asked, 1)
  mock.timers.tick(PERIOD_MS)
  assert.equal(asked, 1)
  await answer()
  mock.timers.tick(PERIOD_MS)
  assert.equal(asked, 2)
})

test('who is asked for sooner while it asks is asked once more afterwards', async () => {
  poll.start()
  poll.soon()
  poll.soon()
  await answer()
  mock.timers.tick(0)
  assert.equal(asked, 2)
  await answer()
  mock.timers.tick(0)
  assert.equal(asked, 2)
  poll.soon()
  assert.equal(asked, 3)
})

test('a failure is told, and after a refusal its own time is waited for', async () => {
  poll.start()
  answers[0].reject(Object.assign(new Error('too many'), { retryAfterMs: 3 * PERIOD_MS }))
  await settled()
  assert.deepEqual(failures, ['too many'])
  mock.timers.tick(PERIOD_MS)
  assert.equal(asked, 1)
  mock.timers.tick(2 * PERIOD_MS)
  assert.equal(asked, 2)
})

test('nobody asks while nobody looks, and who looks again sees what is new', async () => {
  document.hidden = true
  poll.start()
  mock.timers.tick(PERIOD_MS)
  assert.equal(asked, 0)
  document.hidden = false
  document.dispatchEvent(new Event('visibilitychange'))
  assert.equal(asked, 1)
})

test('a stop ends the question that is asked, and is the last of it', async () => {
  poll.start()
  poll.stop()
  assert.ok(answers[0].signal.aborted)
  answers[0].reject(new Error('aborted'))
  await settled()
  poll.soon()
  mock.timers.tick(PERIOD_MS)
  assert.deepEqual([asked, failures], [1, []])
})
