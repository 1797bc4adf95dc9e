import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes, count, duration, milliseconds, rate } from '../../../../broker/http/page/amounts.js'

test('counts are whole, with their thousands apart', () => {
  assert.deepEqual([0, 999, 20000, 1234567].map(count), ['0', '999', '20,000', '1,234,567'])
})

test('a rate has a digit after the point while it is small, and is short when it is long', () => {
  assert.deepEqual([0, 0.25, 9.94, 12.6, 21200, 4997634].map(rate), ['0', '0.3', '9.9', '13', '21,200', '5M'])
})

test('bytes come in the largest unit that leaves a whole one', () => {
  assert.deepEqual([0, 0.5, 999, 1000, 24500, 5512000, 123456789].map(bytes), ['0 B', '0.5 B', '999 B', '1.0 kB', '25 kB', '5.5 MB', '123 MB'])
})

test('milliseconds that were not measured are a dash', () => {
  assert.deepEqual([undefined, 0.94, 12.3, 1500].map(milliseconds), ['–', '0.9 ms', '12 ms', '1,500 ms'])
})

test('a duration has its two largest units', () => {
  assert.deepEqual([0.41, 59.9, 812.3, 5025, 200000].map(duration), ['0.4 s', '59 s', '13 min', '1 h 23 min', '2 d 7 h'])
})
