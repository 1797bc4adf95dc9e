// How the connection is: in the page's head, and in a line of its own while it is lost.
import { make, setAttribute, setText } from '../dom.js'
import { CONNECTING, LOST, OPEN } from '../feed.js'
import { clockTime } from '../games.js'

// Going from one channel to the other takes a moment that nobody needs to see.
const PATIENCE_MS = 400
const NOTICE_MS = 12_000
const SECOND_MS = 1_000

export class Connection {
  #state
  #announcement
  #notice
  #text = make('span')
  #retry
  #timer = null
  #noticeTimer = null
  #wasLost = false
  #lastOpen = null

  // state, announcement, notice: elements of the page. retry: don't wait any longer.
  constructor ({ state, announcement, notice, retry }) {
    this.#state = state
    this.#announcement = announcement
    this.#notice = notice
    this.#retry = make('button', { type: 'button', class: 'quiet', onclick: retry }, 'Connect now')
    this.#notice.append(this.#text, this.#retry)
  }

  // What the feed says of itself.
  show ({ phase, problem, until }) {
    clearTimeout(this.#timer)
    if (phase === OPEN) this.#open()
    if (phase === CONNECTING) this.#timer = setTimeout(() => this.#say(CONNECTING, 'Connecting'), PATIENCE_MS)
    if (phase === LOST) this.#lose(problem, until)
  }

  // The server dropped events and sends a fresh snapshot.
  lagged (dropped) {
    this.#tell(`This page fell behind, and ${dropped} changes were left out. What it shows is right again.`, false)
    this.#noticeTimer = setTimeout(() => this.#quiet(), NOTICE_MS)
  }

  hide () {
    clearTimeout(this.#timer)
    this.#state.hidden = true
    this.#wasLost = false
    this.#quiet()
  }

  #open () {
    this.#say(OPEN, 'Live')
    if (!this.#wasLost) return
    this.#quiet()
    setText(this.#announcement, 'Connected again.')
    this.#wasLost = false
  }

  #lose (problem, until) {
    if (!this.#wasLost) {
      this.#lastOpen = this.#state.dataset.phase === OPEN ? Date.now() : null
      setText(this.#announcement, `${problem}. What is shown may be old.`)
    }
    this.#wasLost = true
    this.#say(LOST, 'Not connected')
    this.#count(problem, until)
  }

  #count (problem, until) {
    const shown = this.#lastOpen === null ? '' : ` You see how it was at ${clockTime(this.#lastOpen)}.`
    if (until === null) return this.#tell(`${problem}.${shown}`, true)
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / SECOND_MS))
    this.#tell(`${problem}.${shown} Trying again in ${seconds}\u00a0s.`, true)
    if (seconds > 0) this.#timer = setTimeout(() => this.#count(problem, until), SECOND_MS)
  }

  #say (phase, text) {
    this.#state.hidden = false
    setAttribute(this.#state, 'data-phase', phase)
    setText(this.#state, text)
  }

  #tell (text, canRetry) {
    clearTimeout(this.#noticeTimer)
    this.#notice.hidden = false
    this.#retry.hidden = !canRetry
    setText(this.#text, text)
  }

  #quiet () {
    this.#notice.hidden = true
  }
}
