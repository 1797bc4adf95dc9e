// The prices of one game: events of the stream and answers over HTTP, folded. Pure: times are handed in, Unix ms.
import { isNewer } from './joining.js'

// As long as a chart shows.
export const KEPT_MS = 15 * 60_000

// What one book says of one outcome; `price` is null once it is withdrawn.
class Quote {
  price = null
  heardAt = -Infinity
  // [time, price] of each move, oldest first: those of the last minutes, and the one that they began with.
  moves = []

  move (price, now) {
    if (price === this.price) return false
    this.price = price
    this.moves.push([now, price])
    while (this.moves.length > 1 && this.moves[1][0] <= now - KEPT_MS) this.moves.shift()
    return true
  }
}

// One outcome of one market type at one line, with the quotes of all books.
export class Outcome {
  quotes = new Map()

  constructor (market, name, points) {
    this.market = market
    this.name = name
    this.points = points
  }

  get isOffered () {
    for (const quote of this.quotes.values()) if (quote.price !== null) return true
    return false
  }

  // The best price and the books that have it. Of American odds the greater number pays more, through all of them.
  get best () {
    let price = -Infinity
    let books = []
    for (const [book, quote] of this.quotes) {
      if (quote.price === null || quote.price < price) continue
      if (quote.price > price) books = []
      price = quote.price
      books.push(book)
    }
    return books.length > 0 ? { price, books: books.sort() } : null
  }
}

export class Prices {
  // Outcomes by key.
  outcomes = new Map()
  // Number of the last event in the newest answer; null until there was one on this connection.
  seq = null
  #changed = new Set()

  // name: the game's slug or game_id.
  constructor (name) {
    this.name = name
  }

  // Folds a frame in, if it is a price of this game; a snapshot says that some may have gone unheard.
  apply (frame, now) {
    if (frame.type === 'snapshot') this.#beginAnew()
    if (frame.type !== 'price_change' || (frame.game_id !== this.name && frame.pn_slug !== this.name)) return
    const quote = this.#quote(frame.pn_market_type, frame.outcome, frame.points, frame.book, frame.new_price, now)
    quote.heardAt = now
  }

  // Lays an answer, {market type: [{book, outcome, price, points}]}, under what was told since. One that is older than
  // another before it, from a process that only catches up, says nothing.
  take (markets, seq, askedAt, now) {
    if (this.seq !== null && seq < this.seq) return
    this.seq = seq
    const answered = new Set()
    for (const [market, prices] of Object.entries(markets)) {
      for (const { book, outcome, price, points } of prices) {
        const known = this.outcomes.get(keyOf(market, outcome, points))?.quotes.get(book)
        if (known && isNewer(known.heardAt, askedAt)) continue
        this.#quote(market, outcome, points, book, price, now)
        answered.add(this.outcomes.get(keyOf(market, outcome, points)).quotes.get(book))
      }
    }
    for (const [key, outcome] of this.outcomes) {
      for (const quote of outcome.quotes.values()) {
        const stands = answered.has(quote) || isNewer(quote.heardAt, askedAt)
        if (!stands && quote.move(null, now)) this.#changed.add(key)
      }
    }
  }

  // The keys of outcomes that changed since the last call.
  takeChanged () {
    const changed = this.#changed
    this.#changed = new Set()
    return changed
  }

  // No longer does what was told, or answered, stand against an answer.
  #beginAnew () {
    this.seq = null
    for (const { quotes } of this.outcomes.values()) for (const quote of quotes.values()) quote.heardAt = -Infinity
  }

  #quote (market, name, points, book, price, now) {
    const key = keyOf(market, name, points)
    let outcome = this.outcomes.get(key)
    if (!outcome) this.outcomes.set(key, outcome = new Outcome(market, name, points))
    let quote = outcome.quotes.get(book)
    if (!quote) outcome.quotes.set(book, quote = new Quote())
    if (quote.move(price, now)) this.#changed.add(key)
    return quote
  }
}

export const keyOf = (market, name, points) => JSON.stringify([market, name, points])
