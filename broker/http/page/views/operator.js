// The service as its operator sees it: who is there, what is delivered how fast, and who can't keep up.
import { count, duration, milliseconds, rate } from '../amounts.js'
import { make, setText } from '../dom.js'
import { Figures } from './figures.js'
import { Listing } from './listing.js'
import { Plots } from './plots.js'
import { Subscribers } from './subscribers.js'

const QUIET_SECONDS = 60
const WORKER_COLUMNS = [
  ['Worker', ({ name }) => name],
  ['Live', ({ live }) => count(live)],
  ['Odds', ({ odds }) => count(odds)],
  ['Of the cap', ({ share }) => `${(100 * share).toFixed(1)} %`],
  ['Deliveries', ({ rates }) => `${rate(rates.deliveries)}/s`],
  ['p50', ({ latency }) => milliseconds(latency?.p50_ms)],
  ['p99', ({ latency }) => milliseconds(latency?.p99_ms)],
  ['Waiting', ({ waiting }) => count(waiting)],
  ['Dropped', ({ dropped }) => count(dropped)]
]
const BOOK_COLUMNS = [
  ['Book', ({ book }) => book],
  ['Last observation', ({ age_seconds: age }) => `${duration(age)} ago`]
]

export class OperatorView {
  title = 'Operator'
  #samples
  #problem = make('p', { class: 'problem', role: 'alert' })
  #blank = make('p', { class: 'blank' }, 'Asking the service…')
  #figures = new Figures()
  #plots = new Plots()
  // While a worker is renewed there are two of its name.
  #workers = new Listing({ label: 'Workers', key: (worker) => worker.pid, columns: WORKER_COLUMNS })
  #books = new Listing({ label: 'Books', key: ({ book }) => book, columns: BOOK_COLUMNS, mark: quietness })
  #subscribers
  #content

  // samples: where each status goes. admin: {ask, token}, or null where the service has no admin.
  constructor ({ samples, admin }) {
    this.#samples = samples
    this.#subscribers = admin && new Subscribers(admin)
    const people = make('div', {}, panel('Workers', this.#workers.node))
    if (admin) people.append(this.#subscribers.node)
    this.#content = make('div', { hidden: true }, this.#figures.node, this.#plots.node,
      make('div', { class: 'tables' }, people, panel('Books', this.#books.node)))
    this.node = make('div', { class: 'operator' },
      make('h1', {}, 'Operator'), this.#problem, this.#blank, this.#content)
  }

  show (status, now) {
    this.#samples.add(now, status)
    this.#blank.hidden = true
    this.#content.hidden = false
    setText(this.#problem, status.fresh ? '' : stale(status))
    this.#figures.show(status)
    this.#plots.show(this.#samples)
    this.#workers.show(workersOf(status))
    this.#books.show(status.books)
  }

  fail (message) {
    setText(this.#problem, `The service doesn’t answer: ${message}. What is shown may be old.`)
  }

  paint () {}

  leave () {
    this.#plots.leave()
    this.#subscribers?.leave()
  }
}

function panel (title, content) {
  return make('section', { class: 'panel' }, make('h2', {}, title), content)
}

function workersOf ({ workers, cap }) {
  return workers
    .map((worker) => ({ ...worker, share: (worker.live + worker.odds) / cap }))
    .sort((one, other) => one.name.localeCompare(other.name) || one.pid - other.pid)
}

function quietness ({ age_seconds: age }) {
  return age > QUIET_SECONDS ? 'quiet-book' : ''
}

function stale ({ age_seconds: age }) {
  return age === null ? 'The broker has not reported yet.' : `The broker’s last report is ${duration(age)} old.`
}
