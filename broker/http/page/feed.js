// The WebSocket: one at a time, and opened again when it is lost.
import { afterClose, BACK_OFF, FORGET, LEAVE, LONGEST_MS, pauseMs } from './reconnecting.js'

// A connection that lasted so long starts anew with the shortest pause.
const LASTED_MS = LONGEST_MS
// The server answers a ping at once. Whoever hears nothing, not even that, has a connection that only seems to be.
const SILENCE_MS = 20_000
const ANSWER_MS = 10_000
const NORMAL_CLOSURE = 1000

// How the connection is.
export const CONNECTING = 'connecting'
export const OPEN = 'open'
export const LOST = 'lost'

export class Feed {
  phase = CONNECTING
  #socket = null
  // Unix ms; null until the server has agreed.
  #openedAt = null
  #channel = null
  #failures = 0
  #timer = null
  #silence = null

  // url: of a channel. frame: takes each one. state: is told of each change, {phase, problem, until}, where `until` is
  // null if nothing more is tried. refused: the key is no longer good. isKeyGood: asks elsewhere, for a browser doesn't
  // tell why a WebSocket was refused.
  constructor ({ url, frame, state, refused, isKeyGood }) {
    Object.assign(this, { url, frame, state, refused, isKeyGood })
  }

  follow (channel) {
    if (channel === this.#channel) return
    this.#channel = channel
    this.#failures = 0
    this.#connect()
  }

  // Don't wait any longer.
  retry () {
    if (this.#channel && !this.#socket) this.#connect()
  }

  // The network is back: what is to come after a pause may come now.
  hurry () {
    if (this.#timer !== null) this.#connect()
  }

  stop () {
    this.#channel = null
    this.#drop()
  }

  #connect () {
    this.#drop()
    this.#tell({ phase: CONNECTING })
    const socket = this.#socket = new WebSocket(this.url(this.#channel))
    socket.onopen = () => {
      this.#openedAt = Date.now()
      this.#listen()
    }
    socket.onmessage = ({ data }) => {
      this.#listen()
      const frame = JSON.parse(data)
      if (frame.type === 'snapshot') this.#tell({ phase: OPEN })
      this.frame(frame)
    }
    socket.onclose = ({ code, reason }) => this.#closed(code, reason)
  }

  #closed (code, reason) {
    const advice = afterClose(code, reason)
    if (advice === FORGET) return this.refused(reason)
    if (advice === LEAVE) return this.#leave()
    if (this.#openedAt === null) return this.#lose('The stream can’t be reached', advice)
    this.#lose(reason ? `The server closed: ${reason}` : 'The connection was lost', advice)
  }

  // Until somebody asks for it, there is no other try.
  #leave () {
    this.#drop()
    this.#tell({ phase: LOST, problem: 'The operator closed this connection', until: null })
  }

  async #lose (problem, advice) {
    const openedAt = this.#openedAt
    this.#drop()
    if (openedAt !== null && Date.now() - openedAt > LASTED_MS) this.#failures = 0
    const pause = pauseMs(advice, ++this.#failures, Math.random)
    this.#tell({ phase: LOST, problem, until: Date.now() + pause })
    this.#timer = setTimeout(() => this.#connect(), pause)
    if (openedAt === null && !await this.isKeyGood()) this.refused('this key is not accepted')
  }

  #tell (state) {
    this.phase = state.phase
    this.state(state)
  }

  // Something was heard: the next silence counts from here.
  #listen () {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#socket.send('{"action":"ping"}')
      this.#silence = setTimeout(() => this.#lose('The connection was lost', BACK_OFF), ANSWER_MS)
    }, SILENCE_MS)
  }

  #drop () {
    clearTimeout(this.#timer)
    this.#timer = null
    clearTimeout(this.#silence)
    if (!this.#socket) return
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null
    this.#socket.close(NORMAL_CLOSURE)
    this.#socket = this.#openedAt = null
  }
}
