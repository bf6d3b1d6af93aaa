import type { D1Database } from '@cloudflare/workers-types'
import { and, desc, eq, like, lt, or } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'

import { MeshError } from '#shared/mesh-error.ts'
import { decisions } from '#shared/schema.ts'

import type { RegistryBindings } from '../env.ts'
import type { Decision } from './decision.ts'
import type { DecisionQuery } from './decision-query.ts'

/** The latest of all isolates; some 10 MB of the 500 MB that D1 gives for nothing. */
const MAX_ROWS = 10_000

// drizzle's batch takes no raw statement that has parameters
const INSERT = `
  insert into decisions
    (request_id, trace_id, at, key, capability, model, node, outcome, cache, ms, attempts)
  select value ->> 'requestId', value ->> 'traceId', value ->> 'at', value ->> 'key',
    value ->> 'capability', value ->> 'model', value ->> 'node', value ->> 'outcome',
    value ->> 'cache', value ->> 'ms', value -> 'attempts'
  from json_each(?)`
const FORGET = `delete from decisions where id <= (select max(id) from decisions) - ${MAX_ROWS}`

type DecisionRow = typeof decisions.$inferSelect

/** The table of decisions, which is a log: never read to answer a request. */
export class DecisionStore {
  readonly #d1: D1Database
  readonly #db: DrizzleD1Database

  constructor({ DB }: RegistryBindings) {
    this.#d1 = DB
    this.#db = drizzle(DB, { casing: 'snake_case' })
  }

  /** Adds them and forgets the oldest, in one batch. They come as one parameter: D1 takes 100 a statement. */
  async add(batch: readonly Decision[]): Promise<void> {
    const rows = JSON.stringify(batch)
    await this.#d1.batch([this.#d1.prepare(INSERT).bind(rows), this.#d1.prepare(FORGET)])
  }

  /** The latest first. Throws `registry_unavailable`. */
  async list({ request, model, outcome, before, limit }: DecisionQuery): Promise<DecisionRow[]> {
    const conditions = [
      request === undefined ? undefined : eq(decisions.requestId, request),
      model === undefined
        ? undefined
        : or(eq(decisions.model, model), like(decisions.model, `${model}@%`)),
      outcome === undefined ? undefined : eq(decisions.outcome, outcome),
      before === undefined ? undefined : lt(decisions.id, before),
    ]
    try {
      return await this.#db
        .select()
        .from(decisions)
        .where(and(...conditions))
        .orderBy(desc(decisions.id))
        .limit(limit)
    } catch (cause) {
      const sentence = 'the log of decisions cannot be read; try again'
      throw new MeshError('registry_unavailable', sentence, { cause, retryAfter: 1 })
    }
  }
}
