import type { Duration, ModelStatistics } from '#shared/model-statistics.ts'

import type { Attempt } from './attempt-record.ts'

/** More versions than a registry holds: names reach this only from there, so it bounds a leak, not a caller. */
const MAX_COUNTED = 10_000

const NS_PER_MS = 1_000_000

interface Counted {
  lastSuccessAt: number
  success: Duration
  fail: Duration
}

/**
 * The calls of nodes that this isolate has made, by model version: as the router saw them, so a time
 * holds the network, and rows of a batch are one call. Another isolate has counts of its own.
 */
export class AttemptCounts {
  readonly #counted = new Map<string, Counted>()

  note(attempts: readonly Attempt[]): void {
    for (const { model, outcome, ms } of attempts) {
      const counted = this.#countedOf(model)
      if (!counted) continue
      const { count, ns } = outcome === 'ok' ? counted.success : counted.fail
      const sum = { count: count + 1, ns: ns + Math.round(ms * NS_PER_MS) }
      if (outcome === 'ok') {
        counted.success = sum
        counted.lastSuccessAt = Date.now()
      } else counted.fail = sum
    }
  }

  /** In the shape of the statistics extension. What the router can't see, such as a node's queue, stays 0. */
  statisticsOf({ name, version }: { name: string; version: string }): ModelStatistics {
    const counted = this.#counted.get(`${name}@${version}`)
    const { success, fail, lastSuccessAt } = counted ?? NOTHING
    return {
      name,
      version,
      last_inference: lastSuccessAt,
      inference_count: success.count,
      execution_count: success.count,
      inference_stats: {
        success,
        fail,
        queue: NEVER,
        compute_input: NEVER,
        compute_infer: NEVER,
        compute_output: NEVER,
        cache_hit: NEVER,
        cache_miss: NEVER,
      },
      batch_stats: [],
    }
  }

  #countedOf(model: string): Counted | undefined {
    const known = this.#counted.get(model)
    if (known || this.#counted.size >= MAX_COUNTED) return known
    const counted: Counted = { ...NOTHING }
    this.#counted.set(model, counted)
    return counted
  }
}

const NEVER: Duration = { count: 0, ns: 0 }
const NOTHING: Readonly<Counted> = { lastSuccessAt: 0, success: NEVER, fail: NEVER }
