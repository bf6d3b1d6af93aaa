import type { DrizzleD1Database } from 'drizzle-orm/d1'
import { eq, inArray } from 'drizzle-orm'

import { rolloutEvidence, rollouts } from '#shared/schema.ts'

import type { Write } from '../write-registry.ts'

/** Takes all rollouts of a model away, with what was seen of them. */
export function forgetRollouts(db: DrizzleD1Database, modelId: string): Write[] {
  const own = db.select({ id: rollouts.id }).from(rollouts).where(eq(rollouts.modelId, modelId))
  return [
    db.delete(rolloutEvidence).where(inArray(rolloutEvidence.rolloutId, own)),
    db.delete(rollouts).where(eq(rollouts.modelId, modelId)),
  ]
}
