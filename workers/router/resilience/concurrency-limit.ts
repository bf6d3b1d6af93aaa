/** Begins as a guess that a small model on one node can bear, then follows what is seen. */
const INITIAL = 64
const MIN = 1
const MAX = 512
/** Additive increase, multiplicative decrease: TCP's rule, as in Netflix's concurrency-limits. */
const DECREASE = 0.9
/** Refusals of calls that were on their way together are one piece of news. */
const DECREASE_INTERVAL_MS = 100

/** How many calls of one deployment may be on their way at once, learned from when it refuses. */
export class ConcurrencyLimit {
  #limit = INITIAL
  #decreasedAt = Number.NEGATIVE_INFINITY

  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** `inFlight` counts the call that was answered: a limit that isn't used isn't tested, and doesn't grow. */
  answered(inFlight: number): void {
    if (inFlight * 2 >= this.#limit) this.#limit = Math.min(MAX, this.#limit + 1 / this.#limit)
  }

  /** It was overloaded, or too slow for the time it had. */
  refused(now: number): void {
    if (now - this.#decreasedAt < DECREASE_INTERVAL_MS) return
    this.#decreasedAt = now
    this.#limit = Math.max(MIN, this.#limit * DECREASE)
  }
}
