/** Begins as a guess that a small model at the edge, where there are many isolates of it, can bear. */
const INITIAL = 64
const MIN = 1
const MAX = 512
/** Additive increase, multiplicative decrease: TCP's rule, as in Netflix's concurrency-limits. */
const DECREASE = 0.9
/** Refusals of calls that were on their way together are one piece of news. */
const DECREASE_INTERVAL_MS = 100
/** A call that takes this many times what one takes alone has waited for others. */
const QUEUEING_FACTOR = 2
/** So much more is no queue but the noise of a busy isolate. */
const NOISE_MS = 5
/** Means of some eight calls lately, and of some thirty for what one takes alone. */
const RECENT_WEIGHT = 1 / 8
const ALONE_WEIGHT = 1 / 32
/** Queueing alone never takes less: with one more on its way a node needs not wait for the next. */
const MIN_OF_QUEUEING = 2
/**
 * Two in the two places that are left aren't late for each other, were their times to differ by a third (at 1.25 they
 * now and then were); at 1.5 three that wait for each other weren't late either.
 */
const LEAST_MARGIN = 1.4

/**
 * How many calls of one deployment may be on their way at once: learned from when it refuses, and from when its
 * answers take as long as if they waited for each other. A Worker has one thread and takes in what it can't compute
 * yet, so it seldom refuses: others could have answered what lies there.
 */
export class ConcurrencyLimit {
  #limit = INITIAL
  #decreasedAt = Number.NEGATIVE_INFINITY
  /** Doubles each round trip until it was too much once: TCP's slow start. */
  #isStarting = true
  #aloneMs: number | undefined
  #recentMs = 0
  /** What calls lately took at least for themselves, had each waited for all before it. */
  #leastMs = 0

  get limit(): number {
    return Math.floor(this.#limit)
  }

  /**
   * A call was answered after `ms`; `inFlight` counts it and those that were on their way then, `joined` those
   * that were before it. A limit that isn't used isn't tested, and doesn't grow.
   */
  answered(
    { ms, inFlight, joined }: { ms: number; inFlight: number; joined: number },
    now: number,
  ): void {
    const aloneMs = this.#observe(ms, joined)
    const isLate = this.#recentMs > aloneMs * QUEUEING_FACTOR + NOISE_MS
    // what is late alone waits for no other
    if (isLate && inFlight > 1) this.#decrease(Math.min(this.#limit, MIN_OF_QUEUEING), now)
    else if (!isLate && this.#isTestedBy(inFlight))
      this.#limit = Math.min(MAX, this.#limit + (this.#isStarting ? 1 : 1 / this.#limit))
  }

  /**
   * Half of the places say enough while it doubles. Later only all of them do: two calls in four places that weren't
   * late say nothing of four.
   */
  #isTestedBy(inFlight: number): boolean {
    return inFlight * (this.#isStarting ? 2 : 1) >= this.limit
  }

  /**
   * What a call takes alone, in ms: as calls that were alone took, but never more than all take lately, as after a
   * cold start, and never less, by a margin, than they would if each had waited for all before it. Else, where inputs become
   * larger while nobody is ever alone, all would be late for ever.
   */
  #observe(ms: number, joined: number): number {
    const least = joined === 0 ? ms : (LEAST_MARGIN * ms) / (joined + 1)
    if (this.#aloneMs === undefined) {
      this.#recentMs = ms
      this.#leastMs = least
      this.#aloneMs = ms
      return ms
    }
    this.#recentMs = mean(this.#recentMs, ms, RECENT_WEIGHT)
    this.#leastMs = mean(this.#leastMs, least, RECENT_WEIGHT)
    const seen =
      joined === 0 ? ms : Math.min(Math.max(this.#aloneMs, this.#leastMs), this.#recentMs)
    this.#aloneMs = mean(this.#aloneMs, seen, ALONE_WEIGHT)
    return this.#aloneMs
  }

  /** It was overloaded, or too slow for the time it had. */
  refused(now: number): void {
    this.#decrease(MIN, now)
  }

  #decrease(least: number, now: number): void {
    this.#isStarting = false
    if (now - this.#decreasedAt < DECREASE_INTERVAL_MS) return
    this.#decreasedAt = now
    this.#limit = Math.max(least, this.#limit * DECREASE)
  }
}

function mean(before: number, ms: number, weight: number): number {
  return before + (ms - before) * weight
}
