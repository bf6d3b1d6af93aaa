import type { D1Database } from '@cloudflare/workers-types'
import { asc, eq, gt, lt } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'

import { leases } from '#shared/schema.ts'

import type { RegistryBindings } from '../env.ts'
import type { Deployment } from '../registry/snapshot.ts'
import { unwritable, type Write } from '../registry/write-registry.ts'
import type { LeaseRow } from './lease-board.ts'

/** Some 60 bytes each; what is more is read by the next query. */
const ROWS_AT_ONCE = 5_000

// all in one statement, so that nothing can change between looking and writing; ids come as one parameter
const RENEW = `
  insert or replace into leases (deployment_id, expires_at)
  select id, ?1 + lease_seconds * 1000 from deployments
  where id in (select value from json_each(?2)) and lease_seconds is not null
    and (?3 is null or owner = ?3)
  returning deployment_id as id`

/** The table of leases. Renewing raises no counter: isolates read what was renewed since they last looked. */
export class LeaseStore {
  readonly #d1: D1Database
  readonly #db: DrizzleD1Database

  constructor({ DB }: RegistryBindings) {
    this.#d1 = DB
    this.#db = drizzle(DB, { casing: 'snake_case' })
  }

  /** Every renewal after the one of that id, in their order. */
  async readAfter(id: number): Promise<LeaseRow[]> {
    const read: LeaseRow[] = []
    for (;;) {
      const rows = await this.#db
        .select()
        .from(leases)
        .where(gt(leases.id, read.at(-1)?.id ?? id))
        .orderBy(asc(leases.id))
        .limit(ROWS_AT_ONCE)
      read.push(...rows)
      if (rows.length < ROWS_AT_ONCE) return read
    }
  }

  /** Renews those of the deployments that have a lease, and only `owner`'s where one is named. Which they are is returned. */
  async renew(deployments: readonly string[], owner: string | null): Promise<string[]> {
    const { results } = await this.#d1
      .prepare(RENEW)
      .bind(Date.now(), JSON.stringify(deployments), owner)
      .all<{ id: string }>()
      .catch(unwritable)
    return results.map(({ id }) => id)
  }

  /** Deployments whose lease ended before `time`, in ms since the epoch. */
  async listOver(time: number, limit: number): Promise<string[]> {
    const rows = await this.#db
      .select({ id: leases.deploymentId })
      .from(leases)
      .where(lt(leases.expiresAt, time))
      .limit(limit)
    return rows.map(({ id }) => id)
  }
}

/** What stores a deployment's lease along with it: renewed, or none any more. */
export function leaseWrites(
  db: DrizzleD1Database,
  { id, leaseSeconds }: Pick<Deployment, 'id' | 'leaseSeconds'>,
): Write[] {
  const without = db.delete(leases).where(eq(leases.deploymentId, id))
  if (leaseSeconds === null) return [without]
  const expiresAt = Date.now() + leaseSeconds * 1_000
  return [without, db.insert(leases).values({ deploymentId: id, expiresAt })]
}
