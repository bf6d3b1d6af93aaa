/** The time after which an observation counts for 1/e of what it did: Finagle's peak EWMA. */
const DECAY_MS = 10_000
/** Observations kept for the quantile, and how many there must be before it means something. */
const KEPT = 64
const ENOUGH = 20

/**
 * How long a deployment takes, as seen by whoever waits. An upward spike counts at once and fades, so
 * that a node in trouble is left after one slow answer, not after many.
 */
export class LatencyEstimate {
  #ewma = 0
  #at = 0
  readonly #recent = new Float64Array(KEPT)
  #observed = 0

  observe(ms: number, now: number): void {
    const fading = Math.exp(-Math.max(0, now - this.#at) / DECAY_MS)
    this.#ewma =
      this.#observed === 0 || ms > this.#ewma ? ms : this.#ewma * fading + ms * (1 - fading)
    this.#at = Math.max(now, this.#at)
    this.#recent[this.#observed % KEPT] = ms
    this.#observed++
  }

  /** Peak-sensitive mean in ms; undefined before the first observation. */
  get mean(): number | undefined {
    return this.#observed === 0 ? undefined : this.#ewma
  }

  /** The quantile of the last answers in ms; undefined while there are too few. */
  quantile(q: number): number | undefined {
    if (this.#observed < ENOUGH) return undefined
    const known = this.#recent.slice(0, Math.min(this.#observed, KEPT)).toSorted()
    return known[Math.min(known.length - 1, Math.floor(q * known.length))]
  }
}
