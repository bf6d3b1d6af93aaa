/** An answer later than 95 % of the others is one of twenty; where more are late, all are. */
const EARNED_BY_ANSWER = 0.05
const MOST = 10

/**
 * How many calls of one deployment may be asked of a second one as well, because they are late. What is late because
 * all are late would otherwise be computed twice, on the very machines that have too much to do.
 */
export class HedgeBudget {
  #tokens = MOST
  /** Whether it was beaten and hasn't answered since. */
  #isSilent = false

  answered(): void {
    this.#isSilent = false
    this.#tokens = Math.min(MOST, this.#tokens + EARNED_BY_ANSWER)
  }

  /** Takes leave for one; false when the budget is spent. */
  take(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** Another was asked as well, and answered first. What is silent meanwhile may hang, which only more hedges find out. */
  beaten(): void {
    if (this.#isSilent) this.#tokens = Math.min(MOST, this.#tokens + 1)
    this.#isSilent = true
  }
}
