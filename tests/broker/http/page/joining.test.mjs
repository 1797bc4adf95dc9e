import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNewer, LAG_MS } from '../../../../broker/http/page/joining.js'

test('what was told since shortly before the question is newer than the answer', () => {
  assert.equal(isNewer(10_000 - LAG_MS, 10_000), false)
  assert.equal(isNewer(10_001 - LAG_MS, 10_000), true)
  assert.equal(isNewer(20_000, 10_000), true)
  assert.equal(isNewer(-Infinity, 10_000), false)
})
