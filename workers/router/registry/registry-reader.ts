import { asc, desc, sql } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'

import { registryChanges, registryMeta } from '#shared/schema.ts'

import type { CardSettings, RegistryBindings } from '../env.ts'
import type { LeaseRow } from '../leases/lease-board.ts'
import { LeaseStore } from '../leases/lease-store.ts'
import { readSnapshot, type LoggedChanges, type RowSource } from './read-snapshot.ts'
import type { StoredRows } from './parse-rows.ts'
import type { RegistrySource } from './registry.ts'
import {
  deploymentTable,
  keyTable,
  modelTable,
  PAGE_ROWS,
  rolloutTable,
  type Cursors,
} from './registry-tables.ts'
import type { LogPosition, Snapshot } from './snapshot.ts'
import { cardPolicy } from '../verify/card-policy.ts'

/** Entries of the log in one read, and how many of them may be of models: what a page may hold. */
const MAX_CHANGES = 1_000

/** Reads the registry from D1. */
export class RegistryReader implements RegistrySource, RowSource {
  readonly #db: DrizzleD1Database
  readonly #leases: LeaseStore
  readonly #settings: CardSettings

  constructor(env: RegistryBindings & CardSettings) {
    this.#db = drizzle(env.DB, { casing: 'snake_case' })
    this.#leases = new LeaseStore(env)
    this.#settings = env
  }

  async readVersion(): Promise<number> {
    const [row] = await this.#version()
    return row?.version ?? 0
  }

  readSnapshot(known?: Snapshot): Promise<Snapshot> {
    return readSnapshot(this, known, cardPolicy(this.#settings))
  }

  readLeases(after: number): Promise<LeaseRow[]> {
    return this.#leases.readAfter(after)
  }

  async readPosition(): Promise<LogPosition> {
    const [last] = await this.#db
      .select({ id: registryChanges.id, token: registryChanges.token })
      .from(registryChanges)
      .orderBy(desc(registryChanges.id))
      .limit(1)
    if (!last) throw new Error('registry_changes is empty; its migration puts in the first entry')
    return last
  }

  async readPage(after: Cursors): Promise<StoredRows> {
    // no batch: they need not be of one moment, and drizzle turns the rows of a batch over twice
    const [models, deployments, keys, rollouts] = await Promise.all([
      after.models ? modelTable.after(this.#db, after.models) : [],
      after.deployments ? deploymentTable.after(this.#db, after.deployments) : [],
      after.keys ? keyTable.after(this.#db, after.keys) : [],
      after.rollouts ? rolloutTable.after(this.#db, after.rollouts) : [],
    ])
    return { models, deployments, keys, rollouts }
  }

  /** One batch, so that the rows are those of the moment where the log ends. */
  async readChanges(since: LogPosition): Promise<LoggedChanges | undefined> {
    const { id, token, kind, key } = registryChanges
    const step = sql`${id} > ${since.id} and ${id} <= ${endOfStep(since)}`
    const [meta, entries, models, deployments, keys, rollouts] = await this.#db.batch([
      this.#version(),
      this.#db
        .select({ id, token, kind, key, last: sql<number>`(select max(id) from registry_changes)` })
        .from(registryChanges)
        .where(sql`${id} = ${since.id} or (${step})`)
        .orderBy(asc(id)),
      modelTable.changed(this.#db, step),
      deploymentTable.changed(this.#db, step),
      keyTable.changed(this.#db, step),
      rolloutTable.changed(this.#db, step),
    ])
    const [known, ...noted] = entries
    // pruned, or a history that isn't the one the snapshot was read from
    if (known?.id !== since.id || known.token !== since.token) return undefined
    const position = noted.at(-1) ?? known
    return {
      version: meta[0]?.version ?? 0,
      position: { id: position.id, token: position.token },
      isLast: position.id === position.last,
      noted,
      rows: { models, deployments, keys, rollouts },
    }
  }

  #version() {
    return this.#db.select({ version: registryMeta.version }).from(registryMeta).limit(1)
  }
}

/** The last entry of the log that is read in one go. */
function endOfStep(since: LogPosition) {
  const next = sql`select id, kind from registry_changes where id > ${since.id} order by id limit ${MAX_CHANGES}`
  const counted = sql`select id, sum(kind = 'model') over (order by id) as models from (${next})`
  return sql`(select max(id) from (${counted}) where models <= ${PAGE_ROWS.models})`
}
