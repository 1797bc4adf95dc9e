// A question asked again and again: never two at once, none while nobody looks.

export class Poll {
  #timer = null
  #ending = null
  #isAsking = false
  #isDue = false

  // `ask` takes an AbortSignal; what it throws goes to `fail`. After a refusal that names a time, that is waited for.
  constructor (periodMs, ask, fail) {
    this.#period = periodMs
    this.#ask = ask
    this.#fail = fail
  }

  #period
  #ask
  #fail
  #seen = () => { if (!document.hidden) this.soon() }

  start () {
    if (this.#ending) return
    this.#ending = new AbortController()
    document.addEventListener('visibilitychange', this.#seen)
    this.#turn()
  }

  stop () {
    this.#ending?.abort()
    this.#ending = null
    clearTimeout(this.#timer)
    document.removeEventListener('visibilitychange', this.#seen)
  }

  // Ask now, or once more after the answer that is awaited.
  soon () {
    if (!this.#ending) return
    if (this.#isAsking) this.#isDue = true
    else this.#turn()
  }

  async #turn () {
    clearTimeout(this.#timer)
    const ending = this.#ending
    let pause = this.#period
    if (!document.hidden) {
      this.#isAsking = true
      try {
        await this.#ask(ending.signal)
      } catch (error) {
        if (ending.signal.aborted) return
        pause = Math.max(pause, error.retryAfterMs ?? 0)
        this.#fail(error)
      } finally {
        this.#isAsking = false
      }
    }
    if (ending !== this.#ending) return
    if (this.#isDue) pause = 0
    this.#isDue = false
    this.#timer = setTimeout(() => this.#turn(), pause)
  }
}
