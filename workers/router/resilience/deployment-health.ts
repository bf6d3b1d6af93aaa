import type { ErrorCode } from '#shared/error-codes.ts'
import type { MeshError } from '#shared/mesh-error.ts'

import { CircuitBreaker, type Permit } from './circuit-breaker.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { HedgeBudget } from './hedge-budget.ts'
import { LatencyEstimate } from './latency-estimate.ts'
import { WaitingLine } from './waiting-line.ts'

/** It is well, only busy: no reason to stay away, but to send less. */
const BUSY: ReadonlySet<ErrorCode> = new Set(['overloaded', 'queue_full'])

/** Whether a deployment that is well refused a call because it has too many. */
export function isBusy({ code }: MeshError): boolean {
  return BUSY.has(code)
}

/** The least that `retry-after` can say: of a node that is only busy, a place is free long before. */
const LEAST_RETRY_AFTER_S = 1

/** Envoy's `base_ejection_time`: left out this long, times how often it has been. */
const EJECTION_MS = 30_000
const MAX_EJECTION_MS = 300_000

/** A call that never reports is given up after this: no request lasts longer, and workerd may stop one whose caller left. */
const CALL_LOST_MS = 90_000
/**
 * Nothing of it was there, which a probe can see as well as a call: a proxy in between says so by a page of its own.
 * Whether it fails otherwise only calls can tell.
 */
const AWAY: ReadonlySet<ErrorCode> = new Set(['unreachable', 'shutting_down', 'bad_gateway'])

/** From one probe to the next: doubled with each that fails, up to less than the breaker is open by then. */
const PROBE_AFTER_MS = 1_000
const MAX_PROBE_AFTER_MS = 20_000

/** Calls that were late together are one piece of news: the router itself may have stood still. */
const BEATEN_INTERVAL_MS = 100

/** One call on its way; `permit` is absent when the breaker was passed over because nothing else was left. */
export interface CallInFlight {
  permit: Permit | undefined
  startedAt: number
  /** Calls that were on their way already. */
  joined: number
}

/** What this isolate has seen of one deployment. */
export class DeploymentHealth {
  readonly breaker = new CircuitBreaker()
  readonly latency = new LatencyEstimate()
  readonly concurrency = new ConcurrencyLimit()
  readonly hedges = new HedgeBudget()
  readonly line = new WaitingLine()
  /** In the order they were begun. */
  readonly #calls = new Set<CallInFlight>()
  #requests = 0
  #failures = 0
  #ejections = 0
  #ejectedUntil = 0
  #beatenAt = Number.NEGATIVE_INFINITY
  #isAway = false
  #probedAt = Number.NEGATIVE_INFINITY
  /** What a probe last said, until a call bears it out. */
  #vouched: 'unproven' | 'misled' | undefined

  get inFlight(): number {
    return this.#calls.size
  }

  /** Whether a call may be made now. */
  admits(now: number): boolean {
    this.#giveUpLost(now)
    return !this.isFull(now) && this.isWell(now)
  }

  /** It has no place for one more call that isn't promised. */
  isFull(now: number): boolean {
    return this.inFlight + this.line.promised(now) >= this.concurrency.limit
  }

  /** Promises each free place to the next in line. */
  fill(now: number): void {
    while (this.line.length > 0 && !this.isFull(now)) this.line.wake(now)
  }

  /** Nothing but a lack of room would keep a call from it. */
  isWell(now: number): boolean {
    return !this.isEjected(now) && this.breaker.admits(now)
  }

  isEjected(now: number): boolean {
    return now < this.#ejectedUntil
  }

  /** Leaves it out for a while, since it fails more often than others of its model. */
  eject(now: number): void {
    this.#ejections++
    this.#ejectedUntil = now + Math.min(EJECTION_MS * this.#ejections, MAX_EJECTION_MS)
  }

  /** What it did since this was last asked. An interval without a failure makes up for one ejection. */
  takeCounts(): { requests: number; failures: number } {
    const counts = { requests: this.#requests, failures: this.#failures }
    this.#requests = 0
    this.#failures = 0
    if (counts.requests > 0 && counts.failures === 0)
      this.#ejections = Math.max(0, this.#ejections - 1)
    return counts
  }

  begin(now: number): CallInFlight {
    const call = { permit: this.breaker.enter(now), startedAt: now, joined: this.inFlight }
    this.#calls.add(call)
    return call
  }

  /** It complained of the input, which says that it is well, but nothing of how long an inference takes. */
  complained(call: CallInFlight, now: number): void {
    this.#vouched = undefined
    if (call.permit) this.breaker.succeed(call.permit)
    this.#requests++
    this.#leave(call, now)
  }

  answered(call: CallInFlight, now: number): void {
    const { permit, startedAt, joined } = call
    const ms = now - startedAt
    this.#vouched = undefined
    this.latency.observe(ms, now)
    this.concurrency.answered({ ms, inFlight: this.inFlight, joined }, now)
    this.hedges.answered()
    if (permit) this.breaker.succeed(permit)
    this.#requests++
    this.#leave(call, now)
  }

  failed(call: CallInFlight, now: number, err: MeshError): void {
    const { permit, startedAt } = call
    if (isBusy(err) || err.code === 'deadline_exceeded') this.concurrency.refused(now)
    // how long it was waited for in vain is known to be too short
    if (err.code === 'deadline_exceeded') this.latency.observe(now - startedAt, now)
    if (err.retryAfter !== undefined && !(isBusy(err) && err.retryAfter <= LEAST_RETRY_AFTER_S))
      this.breaker.pause(err.retryAfter * 1_000, now)
    if (permit && isBusy(err)) this.breaker.abandon(permit)
    else if (permit) this.breaker.fail(permit, now)
    this.#isAway = AWAY.has(err.code)
    if (this.#vouched && !isBusy(err)) this.#vouched = 'misled'
    this.#requests++
    if (!isBusy(err)) this.#failures++
    this.#leave(call, now)
  }

  /** When it was last asked whether it is back. */
  get probedAt(): number {
    return this.#probedAt
  }

  /**
   * Whether it is kept from calls because it was not there, so that a probe can spare a caller the attempt. Not
   * where a probe has been wrong: then only calls count, until one is answered.
   */
  wantsProbe(now: number): boolean {
    const isOut = this.breaker.state(now) !== 'closed' || this.isEjected(now)
    const after = Math.min(PROBE_AFTER_MS * 2 ** this.breaker.trips, MAX_PROBE_AFTER_MS)
    return this.#isAway && this.#vouched !== 'misled' && isOut && now - this.#probedAt >= after
  }

  beginProbe(now: number): Permit | undefined {
    this.#probedAt = now
    return this.breaker.look(now)
  }

  /** What the probe found; calls are let in again, or kept away for longer. */
  endProbe(permit: Permit | undefined, isBack: boolean, now: number): void {
    if (isBack) {
      this.#ejectedUntil = 0
      this.#vouched = 'unproven'
    }
    if (permit && isBack) this.breaker.succeed(permit)
    else if (permit) this.breaker.fail(permit, now)
  }

  /** Another answered first, though this one wasn't late. */
  cancelled(call: CallInFlight, now: number): void {
    if (call.permit) this.breaker.abandon(call.permit)
    this.#leave(call, now)
  }

  #leave(call: CallInFlight, now: number): void {
    this.#calls.delete(call)
    this.fill(now)
  }

  #giveUpLost(now: number): void {
    for (const call of this.#calls) {
      if (now - call.startedAt < CALL_LOST_MS) return
      this.#leave(call, now)
    }
  }

  /**
   * It was late, and another that was asked later answered first. It took at least so long; and what is
   * beaten again and again hangs, though no call of it ever fails.
   */
  beaten(call: CallInFlight, now: number): void {
    const { permit, startedAt } = call
    this.hedges.beaten()
    this.latency.observe(now - startedAt, now)
    if (permit && now - this.#beatenAt >= BEATEN_INTERVAL_MS) {
      this.#beatenAt = now
      this.breaker.fail(permit, now)
    } else if (permit) this.breaker.abandon(permit)
    this.#leave(call, now)
  }
}
