// The service in six numbers, each with what helps to judge it.
import { bytes, count, duration, milliseconds, rate } from '../amounts.js'
import { make, setText } from '../dom.js'

// [name, value, note], the latter two of a status.
const FIGURES = [
  ['Subscribers', ({ subscribers }) => count(subscribers.total), ofCap],
  ['Events', ({ rates }) => `${rate(rates.events)}/s`, ({ seq }) => `${count(seq)} so far`],
  ['Deliveries', ({ rates }) => `${rate(rates.deliveries)}/s`, onTheWire],
  ['Latency, p99', ({ latency }) => milliseconds(latency?.p99_ms), median],
  ['Dropped', ({ rates }) => `${rate(rates.drops)}/s`, ({ dropped }) => `${count(sum(Object.values(dropped)))} so far`],
  ['Up for', (status) => duration(status.uptime_seconds), stock]
]

export class Figures {
  #meter = make('meter', { min: '0', 'aria-label': 'Subscribers of the cap' })
  #figures = FIGURES.map((figure) => new Figure(...figure))
  node = make('dl', { class: 'figures' }, ...this.#figures.map((figure) => figure.node))

  constructor () {
    this.#figures[0].node.lastChild.append(this.#meter)
  }

  show (status) {
    for (const figure of this.#figures) figure.show(status)
    this.#meter.max = status.cap
    this.#meter.value = status.subscribers.total
  }
}

class Figure {
  #value = make('span', { class: 'value' })
  #note = make('span', { class: 'note' })

  constructor (name, valueOf, noteOf) {
    this.node = make('div', {}, make('dt', {}, name), make('dd', {}, this.#value, this.#note))
    this.show = (status) => {
      setText(this.#value, valueOf(status))
      setText(this.#note, noteOf(status))
    }
  }
}

function ofCap ({ subscribers, cap }) {
  return `of ${count(cap)} · ${count(subscribers.live)} live, ${count(subscribers.odds)} odds`
}

function onTheWire ({ rates: { plain_bytes: plain, sent_bytes: sent } }) {
  const saved = sent > 0 && plain > sent * 1.05 ? ` · ${(plain / sent).toFixed(1)}× compressed` : ''
  return `${bytes(sent)}/s${saved}`
}

function median ({ latency }) {
  return latency ? `half within ${milliseconds(latency.p50_ms)}` : 'nothing delivered'
}

function stock ({ games, live_games: live, prices }) {
  return `${count(games)} games, ${count(live)} live · ${count(prices)} prices`
}

function sum (values) {
  return values.reduce((total, value) => total + value, 0)
}
