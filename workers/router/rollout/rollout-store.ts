import type { D1Database } from '@cloudflare/workers-types'
import { and, desc, eq, inArray, ne, sql } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'

import { MeshError } from '#shared/mesh-error.ts'
import { rolloutEvidence, rollouts } from '#shared/schema.ts'

import type { RegistryBindings } from '../env.ts'
import { writeRegistry, type Audit, type Write } from '../registry/write-registry.ts'
import type { Verdict } from './decide.ts'
import { NO_EVIDENCE, type Evidence } from './evidence.ts'
import type { PatchRollout, Rollout } from './rollout.ts'

/** One a model that is being rolled out; more are for another time. */
const MAX_LISTED = 1_000

// additive, so that what several isolates have seen adds up; what comes after the verdict is not evidence for it
const ADD = `
  insert into rollout_evidence
    (rollout_id, pairs, disagreements, slower, difference_sum, difference_max, correlation_sum, correlations,
     stable_calls, stable_failures, stable_ms, candidate_calls, candidate_failures, candidate_ms,
     last_request, last_reason)
  select value ->> 'rolloutId', value ->> 'pairs', value ->> 'disagreements', value ->> 'slower',
    value ->> 'differenceSum', value ->> 'differenceMax', value ->> 'correlationSum', value ->> 'correlations',
    value ->> 'stableCalls', value ->> 'stableFailures', value ->> 'stableMs',
    value ->> 'candidateCalls', value ->> 'candidateFailures', value ->> 'candidateMs',
    value ->> 'lastRequest', value ->> 'lastReason'
  from json_each(?)
  where exists (select 1 from rollouts where id = value ->> 'rolloutId' and state = 'running')
  on conflict (rollout_id) do update set
    pairs = pairs + excluded.pairs,
    disagreements = disagreements + excluded.disagreements,
    slower = slower + excluded.slower,
    difference_sum = difference_sum + excluded.difference_sum,
    difference_max = max(difference_max, excluded.difference_max),
    correlation_sum = correlation_sum + excluded.correlation_sum,
    correlations = correlations + excluded.correlations,
    stable_calls = stable_calls + excluded.stable_calls,
    stable_failures = stable_failures + excluded.stable_failures,
    stable_ms = stable_ms + excluded.stable_ms,
    candidate_calls = candidate_calls + excluded.candidate_calls,
    candidate_failures = candidate_failures + excluded.candidate_failures,
    candidate_ms = candidate_ms + excluded.candidate_ms,
    last_request = coalesce(excluded.last_request, last_request),
    last_reason = coalesce(excluded.last_reason, last_reason)`

/** A rollout with what was seen of it so far. */
export interface SeenRollout {
  rollout: Rollout
  evidence: Evidence
}

/** The tables of rollouts. Changes of a rollout are changes of the registry; what is seen of one is not. */
export class RolloutStore {
  readonly #d1: D1Database
  readonly #db: DrizzleD1Database

  constructor({ DB }: RegistryBindings) {
    this.#d1 = DB
    this.#db = drizzle(DB, { casing: 'snake_case' })
  }

  /** Begins, in place of an earlier one of the same candidate. Throws `conflict` while one of the model is running. */
  async start(rollout: Rollout, audit: Audit): Promise<void> {
    const decided = and(
      eq(rollouts.modelId, rollout.modelId),
      eq(rollouts.candidate, rollout.candidate),
      ne(rollouts.state, 'running'),
    )
    const earlier = this.#db.select({ id: rollouts.id }).from(rollouts).where(decided)
    await writeRegistry(this.#db, audit, [
      this.#db.delete(rolloutEvidence).where(inArray(rolloutEvidence.rolloutId, earlier)),
      this.#db.delete(rollouts).where(decided),
      this.#db.insert(rollouts).values(rollout),
    ])
  }

  /** Throws `conflict` when it is decided already. */
  async change(
    id: string,
    { share, mirror }: Pick<PatchRollout, 'share' | 'mirror'>,
    audit: Audit,
  ): Promise<void> {
    const set = {
      ...(share === undefined ? {} : { share }),
      ...(mirror === undefined ? {} : { mirror }),
    }
    await this.#update(id, { ...set, state: whileRunning('running') }, audit)
  }

  /** Decides it, once: of two that do at the same time, one throws `conflict` and changes nothing. */
  async settle(
    id: string,
    { state, reason }: { state: Exclude<Rollout['state'], 'running'>; reason: string },
    audit: Audit,
  ): Promise<void> {
    const set = { state: whileRunning(state), decidedAt: Date.now(), reason }
    await this.#update(id, set, { ...audit, detail: `${state}: ${reason}` })
  }

  /** Forgets all that are decided. */
  async forget(modelId: string, audit: Audit): Promise<void> {
    await writeRegistry(this.#db, audit, forgetRollouts(this.#db, modelId, true))
  }

  /** Adds what was seen; of a rollout that isn't running, nothing. */
  async addEvidence(seen: readonly (Evidence & { rolloutId: string })[]): Promise<void> {
    await this.#d1.prepare(ADD).bind(JSON.stringify(seen)).run()
  }

  /** Those that run: all, or of these ids. */
  async running(ids?: readonly string[]): Promise<SeenRollout[]> {
    const named =
      ids && sql`${rollouts.id} in (select value from json_each(${JSON.stringify(ids)}))`
    return this.#list(and(eq(rollouts.state, 'running'), named))
  }

  /** The latest first: of one model, or of all. Throws `registry_unavailable`. */
  async list(modelId?: string): Promise<SeenRollout[]> {
    const own = modelId === undefined ? undefined : eq(rollouts.modelId, modelId)
    return this.#list(own).catch((cause: unknown) => {
      const sentence = 'the rollouts cannot be read; try again'
      throw new MeshError('registry_unavailable', sentence, { cause, retryAfter: 1 })
    })
  }

  async #list(condition: ReturnType<typeof and>): Promise<SeenRollout[]> {
    const rows = await this.#db
      .select({ rollout: rollouts, evidence: rolloutEvidence })
      .from(rollouts)
      .leftJoin(rolloutEvidence, eq(rolloutEvidence.rolloutId, rollouts.id))
      .where(condition)
      .orderBy(desc(rollouts.startedAt))
      .limit(MAX_LISTED)
    return rows.map(({ rollout, evidence }) => ({ rollout, evidence: evidence ?? NO_EVIDENCE }))
  }

  async #update(
    id: string,
    set: Parameters<ReturnType<DrizzleD1Database['update']>['set']>[0],
    audit: Audit,
  ): Promise<void> {
    await writeRegistry(this.#db, audit, [
      this.#db.update(rollouts).set(set).where(eq(rollouts.id, id)),
    ])
  }
}

/** No state at all once it is decided: the column takes none, so the whole batch is refused and nobody is told otherwise. */
function whileRunning(state: Verdict['state'] | Rollout['state']) {
  return sql`case when ${rollouts.state} = 'running' then ${state} end`
}

/** Takes the rollouts of a model away, with what was seen of them: all, or those that are decided. */
export function forgetRollouts(
  db: DrizzleD1Database,
  modelId: string,
  onlyDecided = false,
): Write[] {
  const condition = and(
    eq(rollouts.modelId, modelId),
    onlyDecided ? ne(rollouts.state, 'running') : undefined,
  )
  const own = db.select({ id: rollouts.id }).from(rollouts).where(condition)
  return [
    db.delete(rolloutEvidence).where(inArray(rolloutEvidence.rolloutId, own)),
    db.delete(rollouts).where(condition),
  ]
}
