/** Finagle's defaults: a fifth of the requests of the last ten seconds, and ten a second besides. */
const RATIO = 0.2
const FLOOR_PER_SECOND = 10
const WINDOW_S = 10

/**
 * How many further attempts the mesh may make: a share of the requests it has, not a count for each, so
 * that retries can't multiply the load on what is failing. Retries and hedges draw from the same.
 */
export class RetryBudget {
  readonly #requests = new Float64Array(WINDOW_S)
  readonly #spent = new Float64Array(WINDOW_S)
  #second = 0

  noteRequest(now: number): void {
    const slot = this.#advance(now)
    this.#requests[slot] = (this.#requests[slot] ?? 0) + 1
  }

  /** Takes leave for one more attempt; false when the budget is spent. */
  take(now: number): boolean {
    if (this.available(now) <= 0) return false
    const slot = this.#advance(now)
    this.#spent[slot] = (this.#spent[slot] ?? 0) + 1
    return true
  }

  /** Attempts that may still be made. */
  available(now: number): number {
    this.#advance(now)
    const allowed = Math.floor(sum(this.#requests) * RATIO) + FLOOR_PER_SECOND * WINDOW_S
    return allowed - sum(this.#spent)
  }

  /** The slot of this second, with those that have passed since the last call emptied. */
  #advance(now: number): number {
    const second = Math.floor(now / 1_000)
    const passed = Math.min(second - this.#second, WINDOW_S)
    for (let i = 1; i <= passed; i++) {
      const slot = (second - passed + i) % WINDOW_S
      this.#requests[slot] = 0
      this.#spent[slot] = 0
    }
    // a clock that was set back must not empty the window
    if (passed > 0) this.#second = second
    return this.#second % WINDOW_S
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0)
}
