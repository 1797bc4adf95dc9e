import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Samples } from '../../../../broker/http/page/samples.js'

const MINUTE_MS = 60_000

test('each reading is a column beside the times', () => {
  const samples = new Samples()
  samples.add(1_000, { live: 1, odds: 5 })
  samples.add(3_000, { live: 2 })
  assert.deepEqual(samples.columns(({ odds }) => odds, ({ live }) => live), [[1, 3], [5, null], [1, 2]])
})

test('a quarter of an hour is kept', () => {
  const samples = new Samples()
  for (let minute = 0; minute <= 60; minute++) samples.add(minute * MINUTE_MS, { minute })
  const [times, minutes] = samples.columns(({ minute }) => minute)
  assert.deepEqual([minutes[0], minutes.at(-1), times[0]], [45, 60, 45 * 60])
})
