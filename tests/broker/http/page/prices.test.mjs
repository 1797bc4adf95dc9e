import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LAG_MS } from '../../../../broker/http/page/joining.js'
import { keyOf, KEPT_MS, Prices } from '../../../../broker/http/page/prices.js'
import { price, snapshot } from './a_game.mjs'

const T0 = 1_000_000
const LATER = T0 + 10 * LAG_MS
const BRONCOS = keyOf('moneyline', 'Denver Broncos', null)

const answer = (...quotes) => ({
  moneyline: quotes.map(([book, price]) => ({ book, outcome: 'Denver Broncos', price, points: null, player_id: null }))
})

function pricesAfter (...frames) {
  const prices = new Prices('a')
  for (const frame of frames) prices.apply(frame, T0)
  return prices
}

const seen = (prices) => Object.fromEntries([...prices.outcomes.get(BRONCOS).quotes].map(([book, quote]) => [book, quote.price]))

test('the prices of its game are folded, by slug too, and no others', () => {
  const prices = new Prices('slug-of-a')
  prices.apply(price(120), T0)
  prices.apply(price(130, { game_id: 'b', pn_slug: 'slug-of-b' }), T0)
  assert.deepEqual(seen(prices), { BetMGM: 120 })
})

test('the best price is the greatest, at each book that has it', () => {
  const best = (...quotes) => {
    const prices = new Prices('a')
    prices.take(answer(...quotes), 1, T0, T0)
    return prices.outcomes.get(BRONCOS).best
  }
  assert.deepEqual(best(['FanDuel', -110], ['BetMGM', -105], ['Caesars', -120]), { price: -105, books: ['BetMGM'] })
  assert.deepEqual(best(['FanDuel', 105], ['BetMGM', -105], ['Caesars', 105]), { price: 105, books: ['Caesars', 'FanDuel'] })
})

test('what the socket told since the question stands, whether the answer has it already or not yet', () => {
  const prices = pricesAfter(price(120))
  prices.take(answer(['BetMGM', 115], ['FanDuel', 110]), 7, T0, T0 + 50)
  assert.deepEqual(seen(prices), { BetMGM: 120, FanDuel: 110 })
  assert.equal(prices.seq, 7)
})

test('an event that the answer holds already is no second move', () => {
  const prices = new Prices('a')
  prices.take(answer(['BetMGM', 120]), 1, T0, T0)
  prices.takeChanged()
  prices.apply(price(120), T0 + 1)
  assert.equal(prices.takeChanged().size, 0)
  assert.deepEqual(prices.outcomes.get(BRONCOS).quotes.get('BetMGM').moves, [[T0, 120]])
})

test('what a later answer does not have was withdrawn', () => {
  const prices = pricesAfter(price(120), price(125, { book: 'FanDuel' }))
  prices.takeChanged()
  prices.take(answer(['FanDuel', 125]), 2, LATER, LATER)
  assert.deepEqual(seen(prices), { BetMGM: null, FanDuel: 125 })
  assert.deepEqual([...prices.takeChanged()], [BRONCOS])
  prices.take({}, 3, LATER, LATER)
  assert.equal(prices.outcomes.get(BRONCOS).isOffered, false)
  assert.equal(prices.outcomes.get(BRONCOS).best, null)
})

test('an answer that is older than the one before says nothing, unless the stream began anew', () => {
  const prices = new Prices('a')
  prices.take(answer(['BetMGM', 120]), 9, T0, T0)
  prices.take(answer(['BetMGM', 110]), 8, T0, T0)
  assert.deepEqual(seen(prices), { BetMGM: 120 })
  prices.apply(snapshot(), T0)
  prices.take(answer(['BetMGM', 110]), 8, T0, T0)
  assert.deepEqual(seen(prices), { BetMGM: 110 })
})

test('a price that comes again is offered again', () => {
  const prices = pricesAfter(price(120))
  prices.take({}, 2, LATER, LATER)
  prices.apply(price(130), LATER)
  assert.deepEqual(prices.outcomes.get(BRONCOS).best, { price: 130, books: ['BetMGM'] })
  assert.deepEqual(prices.outcomes.get(BRONCOS).quotes.get('BetMGM').moves, [[T0, 120], [LATER, null], [LATER, 130]])
})

test('after a new snapshot an answer counts more than what was told before it', () => {
  const prices = pricesAfter(price(120), snapshot())
  prices.take(answer(['BetMGM', 140]), 2, T0, T0)
  assert.deepEqual(seen(prices), { BetMGM: 140 })
})

test('lines of one name are outcomes of their own', () => {
  const prices = pricesAfter(
    price(-110, { pn_market_type: 'spreads', points: -2.5 }), price(-105, { pn_market_type: 'spreads', points: -3.0 }))
  assert.deepEqual([...prices.outcomes.values()].map(({ points, best }) => [points, best.price]), [[-2.5, -110], [-3, -105]])
})

test('so many moves are kept as a chart shows, and what they began with', () => {
  const prices = new Prices('a')
  const step = KEPT_MS / 10
  for (let move = 0; move < 50; move++) prices.apply(price(100 + move), T0 + move * step)
  const { moves } = prices.outcomes.get(BRONCOS).quotes.get('BetMGM')
  assert.deepEqual([moves[0], moves.at(-1)], [[T0 + 39 * step, 139], [T0 + 49 * step, 149]])
})
