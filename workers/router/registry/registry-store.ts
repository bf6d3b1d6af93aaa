import {
  and,
  desc,
  eq,
  getTableColumns,
  inArray,
  isNull,
  lt,
  lte,
  notExists,
  notInArray,
  or,
  sql,
} from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'

import type { RegisteredManifest } from '#shared/remote-manifest.ts'
import {
  apiKeys,
  auditLog,
  capabilities,
  deployments,
  exampleFiles,
  idempotencyKeys,
  leases,
  measurements,
  models,
  modelVersions,
  verifications,
} from '#shared/schema.ts'

import type { RegistryBindings } from '../env.ts'
import type { MeasurementRow } from '../matching/measured.ts'
import { leaseWrites } from '../leases/lease-store.ts'
import type { LogPage } from '../log-page.ts'
import { registryUnreadable } from './registry-unreadable.ts'
import { forgetRollouts } from '../rollout/rollout-store.ts'
import type { Scope } from '../scope.ts'
import type { ApiKey, Deployment } from './snapshot.ts'
import { measurementWrites, verifyIfMoved, verifySoon } from '../verify/verification-queries.ts'
import { writeRegistry, type Audit } from './write-registry.ts'

const MAX_LISTED_KEYS = 1_000
const MAX_MATCHES = 200

/** Writes the registry, and reads what no snapshot has. Every write is one batch with its audit entry and the raised counter: all or nothing. */
export class RegistryStore {
  readonly #db: DrizzleD1Database

  constructor({ DB }: RegistryBindings) {
    this.#db = drizzle(DB, { casing: 'snake_case' })
  }

  /** A new version; one that another has just added is a `conflict`, never replaced. */
  async addModelVersion(
    manifest: RegisteredManifest,
    artefacts: Record<string, string>,
    audit: Audit,
  ): Promise<void> {
    const { id, version, title, capability, license } = manifest
    const createdAt = Date.now()
    const [task = ''] = capability.split('/')
    await writeRegistry(this.#db, audit, [
      this.#db
        .insert(capabilities)
        .values({ id: capability, task, createdAt })
        .onConflictDoNothing(),
      this.#db
        .insert(models)
        .values({ id, title, capability, createdAt })
        .onConflictDoUpdate({ target: models.id, set: { title } }),
      this.#db
        .insert(modelVersions)
        .values({ modelId: id, version, manifest, artefacts, license: license.spdx, createdAt }),
    ])
  }

  async setArtefacts(
    { id, version }: Pick<RegisteredManifest, 'id' | 'version'>,
    artefacts: Record<string, string>,
    audit: Audit,
  ): Promise<void> {
    await writeRegistry(this.#db, audit, [
      this.#db
        .update(modelVersions)
        .set({ artefacts })
        .where(and(eq(modelVersions.modelId, id), eq(modelVersions.version, version))),
      verifySoon(this.#db, { id, version }),
    ])
  }

  async deleteModel(id: string, audit: Audit): Promise<void> {
    await writeRegistry(this.#db, audit, [
      this.#db.delete(exampleFiles).where(eq(exampleFiles.modelId, id)),
      ...forgetRollouts(this.#db, id),
      this.#db.delete(modelVersions).where(eq(modelVersions.modelId, id)),
      this.#db.delete(models).where(eq(models.id, id)),
      // a capability lives as long as a model offers it
      this.#db
        .delete(capabilities)
        .where(
          notInArray(capabilities.id, this.#db.select({ id: models.capability }).from(models)),
        ),
    ])
  }

  /** As it registered itself, with its lease renewed. */
  async putDeployment(deployment: Deployment, audit: Audit): Promise<void> {
    const row = { ...deployment, updatedAt: Date.now() }
    await writeRegistry(this.#db, audit, [
      this.#db
        .insert(deployments)
        .values(row)
        .onConflictDoUpdate({ target: deployments.id, set: row }),
      verifyIfMoved(this.#db, deployment.id),
      ...leaseWrites(this.#db, deployment),
    ])
  }

  /** As an operator changes it, which says nothing of its node; of one that is gone, nothing. */
  async changeDeployment(
    id: string,
    changes: Partial<Omit<Deployment, 'id'>>,
    audit: Audit,
  ): Promise<void> {
    await writeRegistry(this.#db, audit, [
      this.#db
        .update(deployments)
        .set({ ...changes, updatedAt: Date.now() })
        .where(eq(deployments.id, id)),
    ])
  }

  async addMeasurement(
    { deploymentId, ...row }: Omit<MeasurementRow, 'measuredAt' | 'source'>,
    audit: Audit,
  ): Promise<void> {
    await writeRegistry(
      this.#db,
      audit,
      measurementWrites(this.#db, { deploymentId, source: 'reported' }, [row]),
    )
  }

  /** Only if it may still be removed then, where a time is given: it may have come back. */
  async deleteDeployment(
    id: string,
    audit: Audit,
    { removableAt, overBefore }: { removableAt?: number; overBefore?: number } = {},
  ): Promise<void> {
    const over = this.#db
      .select({ id: leases.deploymentId })
      .from(leases)
      .where(lt(leases.expiresAt, overBefore ?? 0))
    const isGone = notExists(
      this.#db.select({ id: deployments.id }).from(deployments).where(eq(deployments.id, id)),
    )
    await writeRegistry(this.#db, audit, [
      this.#db
        .delete(deployments)
        .where(
          and(
            eq(deployments.id, id),
            removableAt === undefined ? undefined : lte(deployments.removeAt, removableAt),
            overBefore === undefined ? undefined : inArray(deployments.id, over),
          ),
        ),
      this.#db.delete(leases).where(and(eq(leases.deploymentId, id), isGone)),
      // what was measured of it says nothing of another that takes its name
      this.#db.delete(measurements).where(and(eq(measurements.deploymentId, id), isGone)),
      this.#db.delete(verifications).where(and(eq(verifications.deploymentId, id), isGone)),
    ])
  }

  async addKey(
    key: { id: string; name: string; hash: string; scopes: Scope[]; expiresAt: number | null },
    audit: Audit,
  ): Promise<void> {
    await writeRegistry(this.#db, audit, [
      this.#db.insert(apiKeys).values({ ...key, createdAt: Date.now() }),
    ])
  }

  async revokeKey(id: string, audit: Audit): Promise<void> {
    await writeRegistry(this.#db, audit, [
      this.#db.update(apiKeys).set({ revokedAt: Date.now() }).where(eq(apiKeys.id, id)),
    ])
  }

  /** How well the models' words match any of `words`, best first: by capability, as bm25 has it, larger being better. */
  async matchModels(words: readonly string[]): Promise<[capability: string, sum: number][]> {
    // in quotes a word is only a word, whatever it means to FTS5
    const query = words.map((word) => `"${word.replaceAll('"', '')}"`).join(' OR ')
    const rows = await this.#db.all<{ capability: string; rank: number }>(
      sql`select capability, bm25(model_search, 0, 0, 4, 4, 2, 1, 1) as rank from model_search
        where model_search match ${query} order by rank limit ${MAX_MATCHES}`,
    )
    // the first of a capability's models is its best
    return rows.map(({ capability, rank }): [string, number] => [capability, -rank]).toReversed()
  }

  async findKey(id: string): Promise<Pick<ApiKey, 'revokedAt'> | undefined> {
    const [row] = await this.#db
      .select({ revokedAt: apiKeys.revokedAt })
      .from(apiKeys)
      .where(eq(apiKeys.id, id))
      .catch(registryUnreadable)
    return row
  }

  /** The newest first, without their hashes. */
  async listKeys(): Promise<(ApiKey & { name: string; createdAt: number })[]> {
    const { hash: _, ...shown } = getTableColumns(apiKeys)
    return this.#db
      .select(shown)
      .from(apiKeys)
      .orderBy(desc(apiKeys.createdAt))
      .limit(MAX_LISTED_KEYS)
      .catch(registryUnreadable)
  }

  async listAudit({ limit, before }: LogPage): Promise<(typeof auditLog.$inferSelect)[]> {
    return this.#db
      .select()
      .from(auditLog)
      .where(before === undefined ? undefined : lt(auditLog.id, before))
      .orderBy(desc(auditLog.id))
      .limit(limit)
      .catch(registryUnreadable)
  }

  /** Claims an idempotency key; what is stored under it when another request has claimed it already. */
  async claimIdempotencyKey(
    id: string,
    request: string,
    { forgetBefore, abandonedBefore }: { forgetBefore: number; abandonedBefore: number },
  ): Promise<typeof idempotencyKeys.$inferSelect | undefined> {
    const createdAt = Date.now()
    const [, claimed, stored] = await this.#db
      .batch([
        this.#db
          .delete(idempotencyKeys)
          .where(
            or(
              lt(idempotencyKeys.createdAt, forgetBefore),
              and(isNull(idempotencyKeys.status), lt(idempotencyKeys.createdAt, abandonedBefore)),
            ),
          ),
        this.#db
          .insert(idempotencyKeys)
          .values({ id, request, createdAt })
          .onConflictDoNothing()
          .returning({ id: idempotencyKeys.id }),
        this.#db.select().from(idempotencyKeys).where(eq(idempotencyKeys.id, id)),
      ])
      .catch(registryUnreadable)
    return claimed.length > 0 ? undefined : stored[0]
  }

  async finishIdempotencyKey(id: string, status: number, body: string | null): Promise<void> {
    await this.#db.update(idempotencyKeys).set({ status, body }).where(eq(idempotencyKeys.id, id))
  }

  async releaseIdempotencyKey(id: string): Promise<void> {
    await this.#db.delete(idempotencyKeys).where(eq(idempotencyKeys.id, id))
  }
}
