import { sql } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'

import { MeshError } from '#shared/mesh-error.ts'
import { auditLog, registryMeta } from '#shared/schema.ts'

const META_ROW = 1

export type Write = Parameters<DrizzleD1Database['batch']>[0][number]

/** Who did what to what; stored with the change itself. */
export interface Audit {
  actor: string
  action: string
  target: string
  detail?: string
}

/**
 * Makes a change of the registry: one batch with its audit entry and the raised counter, all or nothing.
 * Throws MeshError `conflict` when another change came in between, `registry_unavailable` when D1 fails.
 */
export async function writeRegistry(
  db: DrizzleD1Database,
  { actor, action, target, detail = '' }: Audit,
  writes: readonly Write[],
): Promise<void> {
  const batch = db.batch([
    db
      .insert(registryMeta)
      .values({ id: META_ROW, version: 1 })
      .onConflictDoUpdate({
        target: registryMeta.id,
        set: { version: sql`${registryMeta.version} + 1` },
      }),
    db.insert(auditLog).values({ at: Date.now(), actor, action, target, detail }),
    ...writes,
  ])
  await batch.catch(unwritable)
}

/** What a failed write is told as. Each change was checked against what was stored; a constraint that fails tells of one in between. */
export function unwritable(cause: unknown): never {
  if (/(UNIQUE|FOREIGN KEY|NOT NULL) constraint failed/.test(messagesOf(cause))) {
    throw new MeshError('conflict', 'another change came in between: look again and repeat', {
      cause,
    })
  }
  throw new MeshError('registry_unavailable', 'the registry cannot be written; nothing changed', {
    cause,
    retryAfter: 1,
  })
}

function messagesOf(err: unknown): string {
  return err instanceof Error ? `${err.message} ${messagesOf(err.cause)}` : ''
}
