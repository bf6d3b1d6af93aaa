import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'

import { deployments } from '#shared/schema.ts'

import type { RegistryBindings } from '../env.ts'
import type { Deployment } from '../registry/snapshot.ts'
import { writeRegistry, type Write } from '../registry/write-registry.ts'

/** Who the audit log names. */
const ACTOR = 'probe'
/** Deployments of one statement: D1 takes 2 MB a parameter. */
const AT_ONCE = 1_000

/** What probes found, stored only where it is news: each change makes every isolate read the registry. */
export class ProbeStore {
  readonly #db: DrizzleD1Database

  constructor({ DB }: RegistryBindings) {
    this.#db = drizzle(DB, { casing: 'snake_case' })
  }

  /** They are warm, unless they were registered somewhere else meanwhile. */
  async setReady(warm: readonly Deployment[]): Promise<void> {
    const news = { state: 'ready', stateSince: Date.now() } as const
    const writes = warm.map(({ id, target }) =>
      this.#db
        .update(deployments)
        .set(news)
        .where(
          and(
            eq(deployments.id, id),
            eq(deployments.target, target),
            eq(deployments.state, 'warming'),
          ),
        ),
    )
    await this.#write('ready_deployment', warm, writes)
  }

  /** They are gone, unless they are somewhere else meanwhile. */
  async setUnreachable(gone: readonly Deployment[]): Promise<void> {
    const writes = chunksOf(gone).map((own) => {
      const places = JSON.stringify(own.map(({ id, target }) => [id, target]))
      const asked = sql`(${deployments.id}, ${deployments.target}) in (select value ->> 0, value ->> 1 from json_each(${places}))`
      return this.#db
        .update(deployments)
        .set({ unreachableSince: Date.now() })
        .where(and(asked, isNull(deployments.unreachableSince)))
    })
    await this.#write('unreachable_deployment', gone, writes)
  }

  async setReachable(back: readonly Deployment[]): Promise<void> {
    const writes = chunksOf(back).map((own) => {
      const ids = JSON.stringify(own.map(({ id }) => id))
      const asked = sql`${deployments.id} in (select value from json_each(${ids}))`
      return this.#db
        .update(deployments)
        .set({ unreachableSince: null })
        .where(and(asked, isNotNull(deployments.unreachableSince)))
    })
    await this.#write('reachable_deployment', back, writes)
  }

  async #write(
    action: string,
    changed: readonly Deployment[],
    writes: readonly Write[],
  ): Promise<void> {
    const [first, ...others] = changed
    if (!first) return
    const target = others.length === 0 ? first.id : `${first.id} and ${others.length} more`
    await writeRegistry(this.#db, { actor: ACTOR, action, target }, writes)
  }
}

function chunksOf(own: readonly Deployment[]): Deployment[][] {
  return Array.from({ length: Math.ceil(own.length / AT_ONCE) }, (_, i) =>
    own.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  )
}
