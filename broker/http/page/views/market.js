// The table of one market type: outcomes by books, best prices marked.
import { signed } from '../american.js'
import { Children, make, setAttribute, setText } from '../dom.js'
import { label } from '../markets.js'
import { mark } from '../motion.js'
import { table } from './table.js'

const BEST = 'Best'
const NOT_OFFERED = '–'

export class Market {
  #choose
  #head = make('tr')
  #body = make('tbody')
  #rows = new Children(this.#body, (key) => new Row(() => this.#choose(key)))
  #heads = new Children(this.#head, headOf)
  #books = []

  // choose: is called with the key of the outcome that a person picks.
  constructor (title, choose) {
    this.#choose = choose
    this.node = make('section', { class: 'market' }, make('h2', {}, title),
      table({ label: `${title}, prices by book`, head: this.#head, body: this.#body, class: 'prices' }))
  }

  has (key) {
    return this.#rows.get(key) !== undefined
  }

  hasBooks (books) {
    const ours = new Set(this.#books)
    return [...books].every((book) => ours.has(book))
  }

  // entries: [key, outcome] of every row, in order. A book that was here once keeps its column, so that none jumps.
  arrange (entries) {
    const books = new Set(this.#books)
    for (const [, outcome] of entries) for (const book of outcome.quotes.keys()) books.add(book)
    this.#books = [...books].sort((one, other) => one.localeCompare(other))
    this.#heads.arrange(['Outcome', BEST, ...this.#books])
    this.#rows.arrange(entries.map(([key]) => key))
    for (const [key, outcome] of entries) this.#rows.get(key).arrange(outcome, this.#books)
  }

  showPrices (key, outcome) {
    this.#rows.get(key).show(outcome)
  }

  mark (key, isChosen) {
    this.#rows.get(key)?.mark(isChosen)
  }
}

function headOf (name) {
  return { node: make('th', { scope: 'col', class: name === BEST ? 'text' : null }, name) }
}

class Row {
  #button
  #price = make('strong')
  #where = make('span', { class: 'where' })
  #best = make('td', { class: 'best-of text' }, this.#price, this.#where)
  #cells

  constructor (choose) {
    this.#button = make('button', { type: 'button', class: 'outcome', 'aria-pressed': 'false', onclick: choose })
    this.node = make('tr', {}, make('th', { scope: 'row' }, this.#button), this.#best)
    this.#cells = new Map()
  }

  // Have a cell for each book.
  arrange (outcome, books) {
    setText(this.#button, label(outcome))
    if (books.length === this.#cells.size) return this.show(outcome)
    for (const book of books) if (!this.#cells.has(book)) this.#cells.set(book, new Cell())
    this.node.append(...books.map((book) => this.#cells.get(book).node))
    this.show(outcome)
  }

  show (outcome) {
    const { best } = outcome
    setText(this.#price, signed(best.price))
    setText(this.#where, best.books.length === 1 ? best.books[0] : `${best.books.length} books`)
    for (const [book, cell] of this.#cells) {
      const price = outcome.quotes.get(book)?.price ?? null
      cell.show(price, price === best.price)
    }
  }

  mark (isChosen) {
    setAttribute(this.#button, 'aria-pressed', String(isChosen))
    this.node.classList.toggle('chosen', isChosen)
  }
}

class Cell {
  node = make('td', { class: 'none' }, NOT_OFFERED)
  #price = null

  show (price, isBest) {
    this.node.classList.toggle('best', isBest)
    if (price === this.#price) return
    this.node.classList.toggle('none', price === null)
    setText(this.node, price === null ? NOT_OFFERED : signed(price))
    if (price !== null && this.#price !== null) mark(this.node, price > this.#price ? 'up' : 'down')
    this.#price = price
  }
}
