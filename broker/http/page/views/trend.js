// One outcome over time: a line for each book, and the best price in the page's one colour.
import { AXIS_STEPS, axisRange, fromAxis, signed, toAxis } from '../american.js'
import { Chart } from '../chart.js'
import { Children, make, setAttribute, setText } from '../dom.js'
import { clockTime } from '../games.js'
import { label, title } from '../markets.js'
import { KEPT_MS } from '../prices.js'
import { best, columns } from '../timeline.js'

const LEAST_MS = 15_000
const STEP_MS = 1_000
const LEGEND = 'All books, and the best price in colour.'
const HEIGHT_PX = 190

export class Trend {
  #title = make('h2')
  #market = make('p', { class: 'trend-market' })
  #toggle = make('button', {
    type: 'button', class: 'quiet fold', 'aria-expanded': 'false', onclick: () => this.#fold()
  }, 'Chart')

  #plot = make('div', { class: 'plot', role: 'img' })
  #readout = make('p', { class: 'readout' })
  #list = make('ol', { class: 'books' })
  #books = new Children(this.#list, (book) => new Book(book, (isPointed) => this.#point(book, isPointed)))
  node = make('aside', { class: 'trend', hidden: true, 'aria-label': 'One outcome over time' },
    make('div', { class: 'trend-head' }, make('div', {}, this.#title, this.#market), this.#toggle),
    make('div', { class: 'trend-body' }, this.#plot, this.#readout, this.#list))

  #outcome = null
  #since = null
  #chart = null
  #lines = []
  #columns = []
  // What the pointer is at: the row of the columns, and the line.
  #pointed = { row: null, line: null }

  // Show another outcome.
  show (outcome, now) {
    const isFirst = this.#outcome === null
    this.#outcome = outcome
    this.#since ??= now
    this.node.hidden = false
    if (!isFirst) this.#open(true)
    setText(this.#title, label(outcome))
    setText(this.#market, title(outcome.market))
    this.#draw()
    this.paint(now)
  }

  paint (now) {
    if (this.#outcome === null) return
    const { quotes, best: offer } = this.#outcome
    if (quotes.size + 1 !== this.#lines.length) this.#draw()
    const from = Math.max(this.#since, now - KEPT_MS)
    const moves = this.#lines.slice(0, -1).map((book) => quotes.get(book).moves)
    const [times, ...prices] = columns(moves, from, now, STEP_MS)
    this.#columns = [times, ...prices, best(prices)]
    this.#chart.show([times, ...this.#columns.slice(1).map(onAxis)], Math.min(from, now - LEAST_MS), now)
    const offered = [...quotes].filter(([, { price }]) => price !== null).sort(byPrice)
    this.#books.arrange(offered.map(([book]) => book))
    for (const [book, quote] of offered) this.#books.get(book).show(quote.price, quote.price === offer.price)
    setAttribute(this.#plot, 'aria-label', offer
      ? `${label(this.#outcome)}: best price ${signed(offer.price)} at ${offer.books.join(', ')}`
      : `${label(this.#outcome)}: not offered now`)
    this.#read()
  }

  leave () {
    this.#chart?.end()
  }

  #draw () {
    this.#chart?.end()
    this.#lines = [...this.#outcome.quotes.keys(), 'Best']
    this.#chart = new Chart(this.#plot, {
      lines: this.#lines.map((book, index) => index < this.#lines.length - 1
        ? { label: book, color: '--faint', width: 1, stepped: true }
        : { label: book, color: '--accent', width: 2, stepped: true }),
      axis: (place) => signed(Math.round(fromAxis(place))),
      range: axisRange,
      steps: AXIS_STEPS,
      height: HEIGHT_PX,
      focus: true,
      read: (row, line) => {
        this.#pointed = { row, line }
        this.#read()
      }
    })
  }

  // What the pointer is at, or else what the chart shows.
  #read () {
    const { row, line } = this.#pointed
    if (row === null || this.#columns[0]?.[row] === undefined) return setText(this.#readout, LEGEND)
    const at = (index) => (this.#columns[index][row] == null ? '–' : signed(this.#columns[index][row]))
    const own = line === null || line === this.#lines.length ? '' : ` · ${this.#lines[line - 1]} ${at(line)}`
    setText(this.#readout, `${clockTime(this.#columns[0][row] * 1000)}${own} · best ${at(this.#lines.length)}`)
  }

  #point (book, isPointed) {
    this.#chart.point(isPointed ? this.#lines.indexOf(book) + 1 : null)
  }

  #fold () {
    this.#open(this.#toggle.getAttribute('aria-expanded') === 'false')
  }

  // On a narrow screen the chart lies over the tables and can be folded away; on a wide one it is always there.
  #open (isOpen) {
    setAttribute(this.#toggle, 'aria-expanded', String(isOpen))
    this.node.classList.toggle('open', isOpen)
    setText(this.#toggle, isOpen ? 'Hide' : 'Chart')
  }
}

const onAxis = (prices) => prices.map((price) => (price == null ? price : toAxis(price)))

const byPrice = ([one, { price: ours }], [other, { price: theirs }]) => theirs - ours || one.localeCompare(other)

class Book {
  #price = make('span')

  constructor (name, point) {
    this.node = make('li', { onpointerenter: () => point(true), onpointerleave: () => point(false) },
      make('span', {}, name), this.#price)
  }

  show (price, isBest) {
    setText(this.#price, signed(price))
    this.node.classList.toggle('best', isBest)
  }
}
