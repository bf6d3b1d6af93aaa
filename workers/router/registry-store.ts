import { desc, eq, sql } from 'drizzle-orm'
import { drizzle, type DrizzleD1Database } from 'drizzle-orm/d1'

import type { Manifest } from '#shared/manifest.ts'
import {
  apiKeys,
  auditLog,
  capabilities,
  deployments,
  models,
  modelVersions,
  registryMeta,
} from '#shared/schema.ts'

import type { RegistryBindings } from './env.ts'
import type { RegistrySource } from './registry.ts'
import type { ApiKey, Deployment, Scope } from './snapshot.ts'

const META_ROW = 1

type Write = Parameters<DrizzleD1Database['batch']>[0][number]

/** Who did what to what; stored with the change itself. */
export interface Audit {
  actor: string
  action: string
  target: string
  detail?: string
}

/** The registry's tables. Every write is one batch with its audit entry and the raised counter: all or nothing. */
export class RegistryStore implements RegistrySource {
  readonly #db: DrizzleD1Database

  constructor({ DB }: RegistryBindings) {
    this.#db = drizzle(DB, { casing: 'snake_case' })
  }

  async readVersion(): Promise<number> {
    const [row] = await this.#db
      .select({ version: registryMeta.version })
      .from(registryMeta)
      .limit(1)
    return row?.version ?? 0
  }

  async readRows() {
    const [meta, versions, deployed, keys] = await this.#db.batch([
      this.#db.select({ version: registryMeta.version }).from(registryMeta),
      this.#db
        .select({ manifest: modelVersions.manifest, artefacts: modelVersions.artefacts })
        .from(modelVersions),
      this.#db.select().from(deployments),
      this.#db.select().from(apiKeys),
    ])
    return { version: meta[0]?.version ?? 0, models: versions, deployments: deployed, keys }
  }

  async putModel(
    manifest: Manifest,
    artefacts: Record<string, string>,
    audit: Audit,
  ): Promise<void> {
    const { id, version, title, capability, license } = manifest
    const createdAt = Date.now()
    const [task = ''] = capability.split('/')
    await this.#write(audit, [
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
        .values({ modelId: id, version, manifest, artefacts, license: license.spdx, createdAt })
        .onConflictDoUpdate({
          target: [modelVersions.modelId, modelVersions.version],
          set: { manifest, artefacts, license: license.spdx },
        }),
    ])
  }

  async deleteModel(id: string, audit: Audit): Promise<void> {
    await this.#write(audit, [
      this.#db.delete(modelVersions).where(eq(modelVersions.modelId, id)),
      this.#db.delete(models).where(eq(models.id, id)),
    ])
  }

  async putDeployment(deployment: Deployment, audit: Audit): Promise<void> {
    const row = { ...deployment, updatedAt: Date.now() }
    await this.#write(audit, [
      this.#db
        .insert(deployments)
        .values(row)
        .onConflictDoUpdate({ target: deployments.id, set: row }),
    ])
  }

  async deleteDeployment(id: string, audit: Audit): Promise<void> {
    await this.#write(audit, [this.#db.delete(deployments).where(eq(deployments.id, id))])
  }

  async addKey(
    key: { id: string; name: string; hash: string; scopes: Scope[]; expiresAt: number | null },
    audit: Audit,
  ): Promise<void> {
    await this.#write(audit, [this.#db.insert(apiKeys).values({ ...key, createdAt: Date.now() })])
  }

  async revokeKey(id: string, audit: Audit): Promise<void> {
    await this.#write(audit, [
      this.#db.update(apiKeys).set({ revokedAt: Date.now() }).where(eq(apiKeys.id, id)),
    ])
  }

  async listKeys(): Promise<(ApiKey & { name: string; createdAt: number })[]> {
    const rows = await this.#db.select().from(apiKeys).orderBy(desc(apiKeys.createdAt))
    return rows.map(({ hash: _, ...key }) => key)
  }

  async listAudit(limit: number): Promise<(typeof auditLog.$inferSelect)[]> {
    return this.#db.select().from(auditLog).orderBy(desc(auditLog.id)).limit(limit)
  }

  async #write(
    { actor, action, target, detail = '' }: Audit,
    writes: readonly Write[],
  ): Promise<void> {
    await this.#db.batch([
      this.#db
        .insert(registryMeta)
        .values({ id: META_ROW, version: 1 })
        .onConflictDoUpdate({
          target: registryMeta.id,
          set: { version: sql`${registryMeta.version} + 1` },
        }),
      this.#db.insert(auditLog).values({ at: Date.now(), actor, action, target, detail }),
      ...writes,
    ])
  }
}
