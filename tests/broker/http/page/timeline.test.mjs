import assert from 'node:assert/strict'
import { test } from 'node:test'
import { best, columns } from '../../../../broker/http/page/timeline.js'

test('each moment has the price that stood then, and the last one is now', () => {
  const moves = [[[500, 110], [2_500, 120]], [[1_000, 105], [3_000, null]]]
  assert.deepEqual(columns(moves, 0, 3_500, 1_000), [
    [0, 1, 2, 3, 3.5],
    [undefined, 110, 110, 120, 120],
    [undefined, 105, 105, null, null]
  ])
})

test('moments are at round times, so that a chart that moves on does not tremble', () => {
  assert.deepEqual(columns([], 1_700, 4_100, 1_000), [[2, 3, 4, 4.1]])
})

test('the best of each moment is the greatest that is offered', () => {
  assert.deepEqual(best([[undefined, -110, 105, null], [undefined, -105, null, null]]), [undefined, -105, 105, undefined])
})
