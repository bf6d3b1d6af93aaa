import { and, asc, desc, eq, isNull, lte, or, sql, sum } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'

import { decodeBase64, encodeBase64 } from '#shared/base64.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { deployments, exampleFiles, measurements, verifications } from '#shared/schema.ts'

import type { RegistryBindings } from '../env.ts'
import { registryUnreadable } from '../registry/registry-unreadable.ts'
import { writeRegistry, type Audit, type Write } from '../registry/write-registry.ts'
import { measurementWrites, subjectIfCurrent, verifySoon } from './verification-queries.ts'
import type { Verdict } from './verify-deployment.ts'

/** Who can't be asked, or was wrong, is asked again so soon; who keeps being wrong, each time after twice as long. */
export const RETRY_MS = 5 * 60 * 1000
/** Longer than one verification takes: a claim this old was given up. */
const CLAIM_MS = 2 * 60 * 1000

/** A version of a model, as files of its examples are stored under it. */
export interface OfVersion {
  id: string
  version: string
}

/** Verdicts on deployments, and the files of the examples that lead to them. */
export class VerificationStore {
  readonly #db: DrizzleD1Database

  constructor({ DB }: RegistryBindings) {
    this.#db = drizzle(DB, { casing: 'snake_case' })
  }

  /** The deployments to verify, the longest overdue first. */
  async listDue(now: number, limit: number): Promise<string[]> {
    const rows = await this.#db
      .select({ id: deployments.id })
      .from(deployments)
      .leftJoin(verifications, eq(verifications.deploymentId, deployments.id))
      .where(
        and(
          eq(deployments.state, 'ready'),
          or(isNull(verifications.dueAt), lte(verifications.dueAt, now)),
        ),
      )
      .orderBy(asc(sql`coalesce(${verifications.dueAt}, 0)`))
      .limit(limit)
      .catch(registryUnreadable)
    return rows.map(({ id }) => id)
  }

  /** Takes a deployment that is due; false when somebody else has just done so. A verification that breaks off is made up for later. */
  async claim(deploymentId: string, now: number): Promise<boolean> {
    const dueAt = now + CLAIM_MS
    const claimed = await this.#db
      .insert(verifications)
      .values({ deploymentId, subject: '', state: 'pending', failures: 0, dueAt })
      .onConflictDoUpdate({
        target: verifications.deploymentId,
        set: { dueAt },
        setWhere: lte(verifications.dueAt, now),
      })
      .returning({ id: verifications.deploymentId })
      .catch(registryUnreadable)
    return claimed.length > 0
  }

  /**
   * Stores what came of a verification, with its measurements. Throws `conflict` when the deployment has moved, has
   * other artefacts or is gone meanwhile: of what is there now it says nothing.
   *
   * @param everyMs after how long a verdict is found anew
   */
  async record(verdict: Verdict, everyMs: number, audit: Audit): Promise<void> {
    const { deploymentId, measured } = verdict
    await writeRegistry(this.#db, audit, [
      verdict.state === undefined
        ? this.#noteTry(verdict)
        : this.#noteVerdict(verdict, verdict.state, everyMs),
      ...measurementWrites(this.#db, { deploymentId, source: 'examples' }, measured),
    ])
  }

  /** That a try came to nothing again changes nothing that anybody would see. */
  async postpone({ deploymentId, subject }: Verdict): Promise<void> {
    await this.#db
      .update(verifications)
      .set({ dueAt: Date.now() + RETRY_MS })
      .where(and(eq(verifications.deploymentId, deploymentId), eq(verifications.subject, subject)))
  }

  /** Stores a file of an example; one that is there stays. Throws what writes of the registry do. */
  async addExampleFile(
    { id, version }: OfVersion,
    { sha256, bytes }: { sha256: string; bytes: Uint8Array },
    audit: Audit,
  ): Promise<void> {
    const data = encodeBase64(bytes)
    await writeRegistry(this.#db, audit, [
      this.#db
        .insert(exampleFiles)
        .values({ modelId: id, version, sha256, size: bytes.byteLength, data })
        .onConflictDoNothing(),
      // who had to wait for it
      verifySoon(this.#db, { id, version }),
    ])
  }

  /** How many bytes of example files a version has; undefined for `sha256` itself when it is stored. */
  async storedExampleBytes(
    { id, version }: OfVersion,
    sha256: string,
  ): Promise<number | undefined> {
    const ofVersion = and(eq(exampleFiles.modelId, id), eq(exampleFiles.version, version))
    const [[known], [total]] = await this.#db
      .batch([
        this.#db
          .select({ size: exampleFiles.size })
          .from(exampleFiles)
          .where(and(ofVersion, eq(exampleFiles.sha256, sha256))),
        this.#db
          .select({ bytes: sum(exampleFiles.size) })
          .from(exampleFiles)
          .where(ofVersion),
      ])
      .catch(registryUnreadable)
    return known ? undefined : Number(total?.bytes ?? 0)
  }

  /** Throws `not_found` when it hasn't been uploaded. */
  async readExampleFile(
    { id, version }: OfVersion,
    sha256: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const [row] = await this.#db
      .select({ data: exampleFiles.data })
      .from(exampleFiles)
      .where(
        and(
          eq(exampleFiles.modelId, id),
          eq(exampleFiles.version, version),
          eq(exampleFiles.sha256, sha256),
        ),
      )
      .catch(registryUnreadable)
    if (row) return decodeBase64(row.data)
    throw new MeshError(
      'not_found',
      `a file of its examples is missing: PUT /admin/models/${id}/versions/${version}/examples/${sha256}`,
    )
  }

  /** Everything kept of what was measured of a deployment, newest first. */
  async listMeasurements(
    deploymentId: string,
    limit: number,
  ): Promise<(typeof measurements.$inferSelect)[]> {
    return this.#db
      .select()
      .from(measurements)
      .where(eq(measurements.deploymentId, deploymentId))
      .orderBy(desc(measurements.id))
      .limit(limit)
      .catch(registryUnreadable)
  }

  #noteVerdict(
    { deploymentId, subject, detail }: Verdict,
    state: NonNullable<Verdict['state']>,
    everyMs: number,
  ): Write {
    const now = Date.now()
    const failed = state === 'failed'
    const retryMs = Math.min(RETRY_MS, everyMs)
    const verdict = {
      subject: subjectIfCurrent(deploymentId, subject),
      state,
      detail,
      note: null,
      checkedAt: now,
    }
    return this.#db
      .insert(verifications)
      .values({
        ...verdict,
        deploymentId,
        failures: failed ? 1 : 0,
        dueAt: now + (failed ? retryMs : everyMs),
      })
      .onConflictDoUpdate({
        target: verifications.deploymentId,
        set: failed
          ? {
              ...verdict,
              failures: sql`${verifications.failures} + 1`,
              dueAt: sql`${now} + min(${everyMs}, ${retryMs} * (1 << min(${verifications.failures}, 20)))`,
            }
          : { ...verdict, failures: 0, dueAt: now + everyMs },
      })
  }

  #noteTry({ deploymentId, subject: tried, note }: Verdict): Write {
    const dueAt = Date.now() + RETRY_MS
    const subject = subjectIfCurrent(deploymentId, tried)
    const sameSubject = sql`${verifications.subject} = ${tried}`
    return this.#db
      .insert(verifications)
      .values({ deploymentId, subject, state: 'pending', note, failures: 0, dueAt })
      .onConflictDoUpdate({
        target: verifications.deploymentId,
        set: {
          subject,
          note,
          dueAt,
          // what was found of another subject says nothing of this one
          state: sql`case when ${sameSubject} then ${verifications.state} else 'pending' end`,
          detail: sql`case when ${sameSubject} then ${verifications.detail} end`,
          checkedAt: sql`case when ${sameSubject} then ${verifications.checkedAt} end`,
        },
      })
  }
}
