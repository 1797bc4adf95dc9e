// The subscribers that keep up worst, each with a way to close it; for whoever has the admin token.
import { bytes, count, duration } from '../amounts.js'
import { make, setText } from '../dom.js'
import { Poll } from '../polling.js'
import { Confirmation } from './confirmation.js'
import { secretForm } from './key.js'
import { Listing } from './listing.js'

const PERIOD_MS = 2_000
const LIMIT = 20
const UNAUTHORIZED = 401
const ORDERS = [['lag', 'Lag'], ['dropped', 'Dropped'], ['bytes', 'Bytes']]
const WORDS = ['Channel', 'Worker', 'Address', 'Key', 'On lag']
const COLUMNS = [
  ['Connection', (one) => String(one.conn_id)],
  ['Channel', (one) => one.channel],
  ['Worker', (one) => one.worker],
  ['Address', (one) => one.address],
  ['Key', (one) => one.key_id],
  ['On lag', (one) => one.on_lag],
  ['Here for', (one) => duration(Math.max(0, (Date.now() - one.since) / 1000))],
  ['Lag', (one) => `${count(one.lag)}${one.stalled ? ', stalled' : ''}`],
  ['Dropped', (one) => count(one.dropped)],
  ['Bytes', (one) => bytes(one.bytes)]
]

export class Subscribers {
  #ask
  #token
  #by = 'lag'
  #gate = make('div')
  #problem = make('p', { class: 'problem', role: 'alert' })
  #blank = make('p', { class: 'blank small' }, 'Nobody is connected.')
  #confirmation = new Confirmation('Close a subscriber', 'Close it', 'Leave it')
  #listing = new Listing({
    label: 'Slowest subscribers',
    key: (one) => one.conn_id,
    columns: COLUMNS,
    words: WORDS,
    mark: (one) => (one.stalled ? 'stalled' : ''),
    action: { head: 'Close', button: (connId) => this.#button(connId) }
  })

  #list = make('div', { hidden: true }, this.#orders(), this.#listing.node, this.#blank)
  node = make('section', { class: 'panel subscribers' },
    make('h2', {}, 'Slowest subscribers'), this.#gate, this.#problem, this.#list, this.#confirmation.node)

  #poll = new Poll(PERIOD_MS, (signal) => this.#look(signal), (error) => this.#fail(error))

  // ask: of rest.js. token: where the token is kept.
  constructor ({ ask, token }) {
    this.#ask = ask
    this.#token = token
    if (token.get() === null) this.#askToken('')
    else this.#poll.start()
  }

  leave () {
    this.#poll.stop()
  }

  #askToken (problem) {
    this.#poll.stop()
    this.#list.hidden = true
    setText(this.#problem, '')
    this.#gate.replaceChildren(secretForm({
      label: 'Admin token',
      hint: 'The one that the service was started with. This tab alone keeps it, until it is closed.',
      button: 'Show',
      problem,
      take: (token) => {
        this.#token.set(token)
        this.#poll.start()
      }
    }))
  }

  async #look (signal) {
    const path = `admin/subscribers?by=${this.#by}&limit=${LIMIT}`
    const { body: { subscribers } } = await this.#ask(path, { token: this.#token.get(), signal })
    this.#gate.replaceChildren()
    this.#list.hidden = false
    setText(this.#problem, '')
    this.#blank.hidden = subscribers.length > 0
    this.#listing.show(subscribers)
  }

  #fail (error) {
    if (error.status === UNAUTHORIZED) {
      this.#token.forget()
      this.#askToken('This token is not accepted.')
    } else {
      setText(this.#problem, `The service refuses: ${error.message}.`)
    }
  }

  async #close (connId) {
    const question = `Close subscriber ${connId}? It is asked not to come back by itself.`
    if (!await this.#confirmation.ask(question)) return
    try {
      await this.#ask(`admin/subscribers/${connId}/close`, { method: 'POST', token: this.#token.get() })
      this.#poll.soon()
    } catch (error) {
      this.#fail(error)
    }
  }

  #button (connId) {
    return make('button', {
      type: 'button', class: 'quiet', 'aria-label': `Close ${connId}`, onclick: () => this.#close(connId)
    }, 'Close')
  }

  #orders () {
    const choices = ORDERS.map(([by, name]) => make('label', {}, make('input', {
      type: 'radio',
      name: 'order',
      checked: by === this.#by,
      onchange: () => {
        this.#by = by
        this.#poll.soon()
      }
    }), name))
    return make('fieldset', { class: 'orders' }, make('legend', {}, 'Most'), ...choices)
  }
}
