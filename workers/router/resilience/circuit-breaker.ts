/** Failures in a row that open it: Envoy's `consecutive_5xx` default. */
const FAILURES_TO_OPEN = 5
/** Or this share of the last calls, in whatever order: what fails every other time is no use either. */
const RATE_TO_OPEN = 0.5
const RATE_WINDOW = 20
/** Envoy's `base_ejection_time` is 30 s for hosts that a control plane replaces; a Worker restarts in less. */
const BASE_OPEN_MS = 5_000
/** Each trip in a row keeps it open longer, up to this. */
const MAX_OPEN_MS = 60_000
/** A probe that never reports is given up after this: no request lasts longer. */
const PROBE_LOST_MS = 60_000

/** Leave to make one call; what came of it is reported with the same permit. */
export interface Permit {
  generation: number
  probe: boolean
}

/**
 * Keeps requests away from a deployment that fails, and lets one through now and then to see whether it
 * still does. Each change of state begins a generation, and only reports of the present one count: a
 * success that was asked for before the trip says nothing of the state after it.
 */
export class CircuitBreaker {
  #generation = 0
  #failures = 0
  /** The last calls of this generation, whether each failed. */
  #recent: boolean[] = []
  /** Trips since it last was closed; it is closed while there are none. */
  #trips = 0
  #openUntil = 0
  #pausedUntil = 0
  #probeSince: number | undefined

  state(now: number): 'closed' | 'open' | 'half-open' {
    if (this.#trips === 0) return 'closed'
    return now < this.#openUntil ? 'open' : 'half-open'
  }

  /** When it may be asked again, in ms since the epoch; in the past when it may be now. */
  get retryAt(): number {
    return Math.max(this.#pausedUntil, this.#trips === 0 ? 0 : this.#openUntil)
  }

  /** Whether `enter` would give leave, without taking it. */
  admits(now: number): boolean {
    if (now < this.retryAt) return false
    if (this.#trips === 0) return true
    return !this.#isProbed(now)
  }

  /** Leave for one call; undefined while it is open, paused or a probe is on its way. */
  enter(now: number): Permit | undefined {
    if (!this.admits(now)) return undefined
    const probe = this.#trips > 0
    if (probe) this.#probeSince = now
    return { generation: this.#generation, probe }
  }

  /** Leave to look whether it is back without a call, also while it is open; undefined when it is closed or a probe is on its way. */
  look(now: number): Permit | undefined {
    if (this.#trips === 0 || this.#isProbed(now)) return undefined
    this.#probeSince = now
    return { generation: this.#generation, probe: true }
  }

  /** How often it has opened since it was closed last. */
  get trips(): number {
    return this.#trips
  }

  succeed({ generation, probe }: Permit): void {
    if (generation !== this.#generation) return
    this.#failures = 0
    this.#note(false)
    if (!probe) return
    this.#trips = 0
    this.#begin()
  }

  fail({ generation, probe }: Permit, now: number): void {
    if (generation !== this.#generation) {
      // asked before the trip, failed after it: no shorter pause than before, and none anew once closed
      if (this.#trips > 0) this.#openUntil = Math.max(this.#openUntil, now + BASE_OPEN_MS)
      return
    }
    this.#failures++
    this.#note(true)
    if (!probe && this.#failures < FAILURES_TO_OPEN && !this.#failsOften) return
    this.#trips++
    this.#openUntil = Math.max(
      this.#openUntil,
      now + Math.min(BASE_OPEN_MS * this.#trips, MAX_OPEN_MS),
    )
    this.#begin()
  }

  /** The call ended without a verdict: it was cancelled, or the deployment is well but busy. */
  abandon({ generation, probe }: Permit): void {
    if (probe && generation === this.#generation) this.#probeSince = undefined
  }

  /** The deployment asked to be left alone (`retry-after`); never for longer than a trip would. */
  pause(ms: number, now: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.min(ms, MAX_OPEN_MS))
  }

  #isProbed(now: number): boolean {
    return this.#probeSince !== undefined && now - this.#probeSince < PROBE_LOST_MS
  }

  get #failsOften(): boolean {
    const failed = this.#recent.filter(Boolean).length
    return this.#recent.length === RATE_WINDOW && failed >= RATE_WINDOW * RATE_TO_OPEN
  }

  #note(failed: boolean): void {
    this.#recent.push(failed)
    if (this.#recent.length > RATE_WINDOW) this.#recent.shift()
  }

  #begin(): void {
    this.#generation++
    this.#failures = 0
    this.#recent = []
    this.#probeSince = undefined
  }
}
