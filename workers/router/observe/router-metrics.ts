import type { Attempt } from '../dispatch/attempt-record.ts'
import type { Verdict } from '../rollout/decide.ts'
import type { MirrorResult } from '../rollout/mirror-request.ts'
import type { Decision } from './decision.ts'
import { Counter } from './prometheus/counter.ts'
import { Histogram } from './prometheus/histogram.ts'
import type { Metric } from './prometheus/metric.ts'

/** From a fraction of a millisecond (a linear model) to the longest deadline. */
const LATENCY_BOUNDS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]

/** How every help ends: an isolate knows only itself. */
export const OF_ISOLATE = '(of the one isolate that was asked, since it began)'

/** A caller may name any capability; only those of the registry come here. */
const NONE = 'none'

/** What `/metrics` tells: counted here from decisions, or read from what the isolate knows anyway. */
export class RouterMetrics {
  readonly #requests = new Counter({
    name: 'mesh_requests_total',
    help: `Requests for an inference by capability, outcome (ok or the code of the error) and part of the cache ${OF_ISOLATE}`,
    labels: ['capability', 'outcome', 'cache'],
  })
  readonly #durations = new Histogram({
    name: 'mesh_request_duration_seconds',
    help: `Time from receiving a request to its answer, by the model that made it; answers of the cache are not among them ${OF_ISOLATE}`,
    labels: ['model'],
    bounds: LATENCY_BOUNDS_S,
  })
  readonly #attempts = new Counter({
    name: 'mesh_attempts_total',
    help: `Calls of deployments by kind (first, retry, hedge) and outcome ${OF_ISOLATE}`,
    labels: ['kind', 'outcome'],
  })
  readonly #attemptDurations = new Histogram({
    name: 'mesh_attempt_duration_seconds',
    help: `Time of a call of a deployment by model, the network included, unless it was cancelled ${OF_ISOLATE}`,
    labels: ['model'],
    bounds: LATENCY_BOUNDS_S,
  })
  readonly #hedges = new Counter({
    name: 'mesh_hedges_total',
    help: `Second calls because the first was late: won, lost or failed ${OF_ISOLATE}`,
    labels: ['result'],
  })
  readonly #cache = new Counter({
    name: 'mesh_cache_lookups_total',
    help: `Requests that the cache was asked for: hit, collapsed (into one on its way) or miss ${OF_ISOLATE}`,
    labels: ['result'],
  })
  readonly #mirrors = new Counter({
    name: 'mesh_rollout_mirrors_total',
    help: `Requests that the other version of a rollout was asked, too, by model and result: agreed, disagreed, failed or skipped ${OF_ISOLATE}`,
    labels: ['model', 'result'],
  })
  readonly #verdicts = new Counter({
    name: 'mesh_rollout_verdicts_total',
    help: `Rollouts decided by model and state: promoted, rolled_back or held ${OF_ISOLATE}`,
    labels: ['model', 'state'],
  })
  readonly #probes = new Counter({
    name: 'mesh_probes_total',
    help: `Questions whether a deployment is ready, by occasion (cron, recovery, warm-up) and result ${OF_ISOLATE}`,
    labels: ['occasion', 'result'],
  })
  readonly all: readonly Metric[]

  constructor(readings: readonly Metric[]) {
    this.all = [
      this.#requests,
      this.#durations,
      this.#attempts,
      this.#attemptDurations,
      this.#hedges,
      this.#cache,
      this.#mirrors,
      this.#verdicts,
      this.#probes,
      ...readings,
    ]
  }

  note({ capability, outcome, cache, model, ms, attempts }: Decision): void {
    this.#requests.increment({ capability: capability ?? NONE, outcome, cache })
    if (cache !== 'bypass') this.#cache.increment({ result: cache })
    const isMade = model !== null && outcome === 'ok' && (cache === 'miss' || cache === 'bypass')
    if (isMade) this.#durations.observe({ model }, ms / 1_000)
    for (const attempt of attempts) this.#noteAttempt(attempt)
  }

  noteMirror(model: string, result: MirrorResult): void {
    this.#mirrors.increment({ model, result })
  }

  noteVerdict({ model, state }: Pick<Verdict, 'state'> & { model: string }): void {
    this.#verdicts.increment({ model, state })
  }

  noteProbe(occasion: 'cron' | 'recovery' | 'warm-up', isWell: boolean): void {
    this.#probes.increment({ occasion, result: isWell ? 'ok' : 'failed' })
  }

  /** A request that the isolate had no room for: nothing else is known of it. */
  noteShed(): void {
    this.#requests.increment({ capability: NONE, outcome: 'shed', cache: 'bypass' })
  }

  #noteAttempt({ kind, outcome, model, ms }: Attempt): void {
    this.#attempts.increment({ kind, outcome })
    if (outcome !== 'cancelled') this.#attemptDurations.observe({ model }, ms / 1_000)
    if (kind === 'hedge') this.#hedges.increment({ result: HEDGE_RESULTS[outcome] ?? 'failed' })
  }
}

const HEDGE_RESULTS: Readonly<Partial<Record<Attempt['outcome'], string>>> = {
  ok: 'won',
  cancelled: 'lost',
}
