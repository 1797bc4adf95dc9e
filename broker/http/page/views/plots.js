// The last minutes in plots, each with one measure.
import { bytes, milliseconds, rate } from '../amounts.js'
import { Chart } from '../chart.js'
import { make, setText } from '../dom.js'
import { clockTime } from '../games.js'

const HEIGHT_PX = 150
const LEAST_MS = 30_000
const KEYS = ['key-accent', 'key-second']
const COLORS = ['--accent', '--second']

// [title, how a value reads, {line: its value of a status}].
const PLOTS = [
  ['Subscribers', rate, { odds: ({ subscribers }) => subscribers.odds, live: ({ subscribers }) => subscribers.live }],
  ['Events a second', rate, { events: ({ rates }) => rates.events }],
  ['Deliveries a second', rate, { deliveries: ({ rates }) => rates.deliveries }],
  ['Latency', milliseconds, { p99: ({ latency }) => latency?.p99_ms, p50: ({ latency }) => latency?.p50_ms }],
  ['Bytes a second', bytes, {
    sent: ({ rates }) => rates.sent_bytes,
    'before compression': ({ rates }) => rates.plain_bytes
  }],
  ['Dropped a second', rate, { dropped: ({ rates }) => rates.drops }]
]

export class Plots {
  #plots = PLOTS.map((plot) => new Plot(...plot))
  node = make('div', { class: 'plots' }, ...this.#plots.map((plot) => plot.node))

  show (samples) {
    for (const plot of this.#plots) plot.show(samples)
  }

  leave () {
    for (const plot of this.#plots) plot.leave()
  }
}

class Plot {
  #axis
  #lines
  #readout = make('p', { class: 'readout' })
  #plot
  #chart = null
  #columns = []

  constructor (title, axis, lines) {
    this.#axis = axis
    this.#lines = lines
    this.#plot = make('div', { class: 'plot', role: 'img', 'aria-label': `${title} over the last minutes` })
    const names = Object.keys(lines)
    const keys = names.length > 1 ? names.map((name, index) => make('span', { class: KEYS[index] }, name)) : []
    this.node = make('section', { class: 'panel' },
      make('h2', {}, title), make('div', { class: 'keys' }, ...keys, this.#readout), this.#plot)
  }

  show (samples) {
    // Only once it is on the page has it a width.
    this.#chart ??= new Chart(this.#plot, {
      lines: Object.keys(this.#lines).map((label, index) => ({ label, color: COLORS[index] })),
      axis: this.#axis,
      height: HEIGHT_PX,
      range: (_low, high) => [0, high * 1.1 || 1],
      read: (row) => this.#read(row)
    })
    this.#columns = samples.columns(...Object.values(this.#lines))
    const [times] = this.#columns
    const now = times.at(-1) * 1000
    this.#chart.show(this.#columns, Math.min(times[0] * 1000, now - LEAST_MS), now)
  }

  leave () {
    this.#chart?.end()
  }

  // What the pointer is at.
  #read (row) {
    const [times, ...columns] = this.#columns
    if (row === null || times?.[row] === undefined) return setText(this.#readout, '')
    const values = columns.map((column) => (column[row] === null ? '–' : this.#axis(column[row])))
    setText(this.#readout, `${clockTime(times[row] * 1000)} ${values.join(' / ')}`)
  }
}
