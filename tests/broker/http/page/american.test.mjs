import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axisRange, fromAxis, plain, signed, toAxis } from '../../../../broker/http/page/american.js'

test('a price has its sign, and a fraction where there is one', () => {
  assert.deepEqual([275, -110, 101.23, -1200].map(signed), ['+275', '−110', '+101.23', '−1200'])
})

test('a total has no sign', () => {
  assert.deepEqual([45.5, 168, -1.5].map(plain), ['45.5', '168', '−1.5'])
})

test('on the axis better prices stand higher, with nothing between -100 and 100', () => {
  const prices = [-1200, -110, -100, 105, 275]
  const places = prices.map(toAxis)
  assert.deepEqual(places, [...places].sort((one, other) => one - other))
  assert.equal(toAxis(-100), toAxis(100))
  assert.deepEqual([-400, -150, 100, 300].map(toAxis), [0.2, 0.4, 0.5, 0.75])
  assert.deepEqual([-1200, -110, 100, 105, 275].map(toAxis).map(fromAxis).map(Math.round), [-1200, -110, 100, 105, 275])
})

test('the axis shows some air around the prices, three ticks at least, and no price that there is not', () => {
  assert.deepEqual(axisRange(0.4, 0.6).map((place) => place.toFixed(3)), ['0.370', '0.630'])
  assert.deepEqual(axisRange(0.5, 0.5).map((place) => place.toFixed(3)), ['0.480', '0.520'])
  assert.deepEqual(axisRange(0.005, 0.99), [0.001, 0.999])
})
