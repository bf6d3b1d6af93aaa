/** The time after which a peak counts for 1/e of what it did: Finagle's peak EWMA. */
const PEAK_FADES_MS = 10_000
/** What is usual was seen many times, so it is believed for longer; but of whom nobody called for an hour it may be untrue. */
const USUAL_FADES_MS = 300_000
/** Observations kept for the quantiles, and how many there must be before one is told. */
const KEPT = 64
const ENOUGH = 20
/** Workerd's clock stands still between input and output; and zero has no logarithm. */
const LEAST_MS = 0.1

/**
 * How long a deployment takes, as seen by whoever waits. An upward spike counts at once and fades, so that a node
 * in trouble is left after one slow answer, not after many. It fades also while nobody calls, for who was left would
 * else never be called again: soon to what is usual, later to what is expected of anyone. Times differ by factors, so
 * it is their logarithms that fade.
 */
export class LatencyEstimate {
  #peak = 0
  #at = 0
  readonly #recent = new Float64Array(KEPT)
  /** Those of `#recent` that were observed, ascending. */
  #sorted = new Float64Array(0)
  #observed = 0

  observe(ms: number, now: number): void {
    this.#peak = Math.max(ms, this.#peakAt(now))
    this.#at = Math.max(now, this.#at)
    this.#recent[this.#observed % KEPT] = ms
    this.#observed++
    this.#sorted = this.#recent.slice(0, this.#observed).toSorted()
  }

  /**
   * Peak-sensitive mean in ms.
   * @param otherwise what is expected where nothing was observed, or nothing for long
   */
  mean(now: number, otherwise: number): number {
    if (this.#observed === 0) return otherwise
    return fade(this.#peakAt(now), otherwise, now - this.#at, USUAL_FADES_MS)
  }

  /** The quantile of the last answers in ms; undefined while there are too few. */
  quantile(q: number): number | undefined {
    return this.#observed < ENOUGH ? undefined : this.#quantile(q)
  }

  #quantile(q: number): number {
    const last = this.#sorted.length - 1
    return this.#sorted[Math.min(last, Math.floor(q * this.#sorted.length))] ?? 0
  }

  #peakAt(now: number): number {
    return fade(
      this.#peak,
      Math.min(this.#peak, this.#quantile(0.5)),
      now - this.#at,
      PEAK_FADES_MS,
    )
  }
}

/** What is left of `from` on its way to `to`, by factors, when after `withinMs` 1/e of it is left. */
function fade(from: number, to: number, elapsedMs: number, withinMs: number): number {
  const [start, end] = [Math.max(from, LEAST_MS), Math.max(to, LEAST_MS)]
  return end * (start / end) ** Math.exp(-Math.max(0, elapsedMs) / withinMs)
}
