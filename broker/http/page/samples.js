// The operator's numbers over the last minutes: what `/status` said each time. Pure.

const KEPT_MS = 15 * 60_000

export class Samples {
  #samples = []

  add (now, status) {
    this.#samples.push([now, status])
    while (this.#samples[0][0] < now - KEPT_MS) this.#samples.shift()
  }

  // [times in s, values, …], the values being what `reads` find in each status, null where that is nothing.
  columns (...reads) {
    const times = this.#samples.map(([time]) => time / 1000)
    return [times, ...reads.map((read) => this.#samples.map(([, status]) => read(status) ?? null))]
  }
}
