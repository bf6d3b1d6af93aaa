/** Statements about measurements and verifications, for the batches they are part of. */
import { and, eq, exists, inArray, sql, type SQL } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'

import { deployments, measurements, verifications } from '#shared/schema.ts'

import type { MeasurementRow } from '../matching/measured.ts'
import { currentSubject } from '../registry/registry-tables.ts'
import type { Write } from '../registry/write-registry.ts'

/** Of each deployment, metric and source; enough to see which way it goes. */
const KEPT_MEASUREMENTS = 20

/** Stores what was measured of one deployment by one source, and forgets the oldest of it. */
export function measurementWrites(
  db: DrizzleD1Database,
  { deploymentId, source }: Pick<MeasurementRow, 'deploymentId' | 'source'>,
  rows: readonly Pick<MeasurementRow, 'metric' | 'value' | 'samples'>[],
): Write[] {
  if (rows.length === 0) return []
  const own = and(
    eq(measurements.deploymentId, deploymentId),
    eq(measurements.source, source),
    inArray(
      measurements.metric,
      rows.map(({ metric }) => metric),
    ),
  )
  const measuredAt = Date.now()
  return [
    db
      .update(measurements)
      .set({ latest: false })
      .where(and(own, eq(measurements.latest, true))),
    db
      .insert(measurements)
      .values(Array.from(rows, (row) => ({ ...row, deploymentId, source, measuredAt }))),
    db.delete(measurements).where(
      sql`${measurements.id} in (
        select id from (
          select id, row_number() over (partition by metric, source order by id desc) as place
          from measurements where deployment_id = ${deploymentId}
        ) where place > ${KEPT_MEASUREMENTS}
      )`,
    ),
  ]
}

/** The deployments of a version are verified as soon as somebody has the time. */
export function verifySoon(
  db: DrizzleD1Database,
  { id, version }: { id: string; version: string },
) {
  return db
    .update(verifications)
    .set({ dueAt: 0 })
    .where(
      exists(
        db
          .select({ id: deployments.id })
          .from(deployments)
          .where(
            and(
              eq(deployments.id, verifications.deploymentId),
              eq(deployments.modelId, id),
              eq(deployments.version, version),
            ),
          ),
      ),
    )
}

/** A deployment that moved is verified as soon as it is ready, not when the verdict on where it was is due. */
export function verifyIfMoved(db: DrizzleD1Database, deploymentId: string): Write {
  const now = sql`(select ${currentSubject()} from deployments where id = ${deploymentId})`
  return db
    .update(verifications)
    .set({ dueAt: 0 })
    .where(
      and(
        eq(verifications.deploymentId, deploymentId),
        sql`${verifications.subject} is not ${now}`,
      ),
    )
}

/**
 * The subject of a verdict, if the deployment still is that. Else none at all: the column takes none, so the whole
 * batch is refused, and what is known of the deployment as it is now stays.
 */
export function subjectIfCurrent(deploymentId: string, subject: string): SQL {
  return sql`(select ${subject} from deployments where id = ${deploymentId} and ${currentSubject()} = ${subject})`
}
