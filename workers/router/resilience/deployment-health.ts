import type { ErrorCode } from '#shared/error-codes.ts'
import type { MeshError } from '#shared/mesh-error.ts'

import { CircuitBreaker, type Permit } from './circuit-breaker.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { LatencyEstimate } from './latency-estimate.ts'

/** It is well, only busy: no reason to stay away, but to send less. */
const BUSY: ReadonlySet<ErrorCode> = new Set(['overloaded', 'queue_full'])

/** The least that `retry-after` can say: of a node that is only busy, a place is free long before. */
const LEAST_RETRY_AFTER_S = 1

/** One call on its way; `permit` is absent when the breaker was passed over because nothing else was left. */
export interface CallInFlight {
  permit: Permit | undefined
  startedAt: number
}

/** What this isolate has seen of one deployment. */
export class DeploymentHealth {
  readonly breaker = new CircuitBreaker()
  readonly latency = new LatencyEstimate()
  readonly concurrency = new ConcurrencyLimit()
  #inFlight = 0

  get inFlight(): number {
    return this.#inFlight
  }

  /** Whether a call may be made now. */
  admits(now: number): boolean {
    return this.#inFlight < this.concurrency.limit && this.breaker.admits(now)
  }

  begin(now: number): CallInFlight {
    this.#inFlight++
    return { permit: this.breaker.enter(now), startedAt: now }
  }

  /** It answered, were it a complaint of the input. */
  answered({ permit, startedAt }: CallInFlight, now: number): void {
    this.latency.observe(now - startedAt, now)
    this.concurrency.answered(this.#inFlight)
    if (permit) this.breaker.succeed(permit)
    this.#inFlight--
  }

  failed({ permit, startedAt }: CallInFlight, now: number, err: MeshError): void {
    if (BUSY.has(err.code) || err.code === 'deadline_exceeded') this.concurrency.refused(now)
    // how long it was waited for in vain is known to be too short
    if (err.code === 'deadline_exceeded') this.latency.observe(now - startedAt, now)
    if (
      err.retryAfter !== undefined &&
      !(BUSY.has(err.code) && err.retryAfter <= LEAST_RETRY_AFTER_S)
    )
      this.breaker.pause(err.retryAfter * 1_000, now)
    if (permit && BUSY.has(err.code)) this.breaker.abandon(permit)
    else if (permit) this.breaker.fail(permit, now)
    this.#inFlight--
  }

  /** Another answered first: that says nothing of this one, but that it took at least so long. */
  cancelled({ permit }: CallInFlight): void {
    if (permit) this.breaker.abandon(permit)
    this.#inFlight--
  }
}
