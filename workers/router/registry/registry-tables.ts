/**
 * What of D1 a snapshot is made of: how the rows of each table are read, in the order of their keys or those that
 * changed. To make another table part of it: give it triggers that note its changes (migrations, as of
 * 0006_change_triggers; what belongs to a deployment is noted as a change of the deployment and read with it),
 * its two queries here, a place in `StoredRows` and `RegistryChanges`, and its lines in registry-reader.ts,
 * parse-rows.ts and apply-changes.ts. An update that no snapshot need learn of, such as of a time, has no trigger.
 */
import { and, eq, getTableColumns, gt, inArray, sql, type SQL } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core'

import { apiKeys, deployments, modelVersions, registryChanges, rollouts } from '#shared/schema.ts'

/** Rows of one read: its JSON is parsed in one go, and a manifest has up to a megabyte. */
export const PAGE_ROWS = { models: 20, deployments: 1_000, keys: 1_000, rollouts: 500 }

/** The keys of the last row that was read of each table, '' before the first; undefined when all are read. */
export interface Cursors {
  models: { modelId: string; version: string } | undefined
  deployments: { id: string } | undefined
  keys: { hash: string } | undefined
  rollouts: { modelId: string } | undefined
}

export const BEFORE_FIRST: Cursors = {
  models: { modelId: '', version: '' },
  deployments: { id: '' },
  keys: { hash: '' },
  rollouts: { modelId: '' },
}

export const modelTable = {
  after(db: DrizzleD1Database, { modelId, version }: NonNullable<Cursors['models']>) {
    return db
      .select(modelColumns)
      .from(modelVersions)
      .where(sql`(${modelVersions.modelId}, ${modelVersions.version}) > (${modelId}, ${version})`)
      .orderBy(modelVersions.modelId, modelVersions.version)
      .limit(PAGE_ROWS.models)
  },
  changed(db: DrizzleD1Database, step: SQL) {
    const keys = sql`select substr(key, 1, instr(key, '@') - 1), substr(key, instr(key, '@') + 1) from ${registryChanges} where kind = 'model' and ${step}`
    return db
      .select(modelColumns)
      .from(modelVersions)
      .where(sql`(${modelVersions.modelId}, ${modelVersions.version}) in (${keys})`)
  },
}

export const deploymentTable = {
  after(db: DrizzleD1Database, { id }: NonNullable<Cursors['deployments']>) {
    return db
      .select(deploymentColumns)
      .from(deployments)
      .where(gt(deployments.id, id))
      .orderBy(deployments.id)
      .limit(PAGE_ROWS.deployments)
  },
  changed(db: DrizzleD1Database, step: SQL) {
    return db
      .select(deploymentColumns)
      .from(deployments)
      .where(inArray(deployments.id, keysOf(db, 'deployment', step)))
  },
}

export const keyTable = {
  after(db: DrizzleD1Database, { hash }: NonNullable<Cursors['keys']>) {
    return db
      .select(keyColumns)
      .from(apiKeys)
      .where(gt(apiKeys.hash, hash))
      .orderBy(apiKeys.hash)
      .limit(PAGE_ROWS.keys)
  },
  changed(db: DrizzleD1Database, step: SQL) {
    return db
      .select(keyColumns)
      .from(apiKeys)
      .where(inArray(apiKeys.hash, keysOf(db, 'key', step)))
  },
}

/** Those of one model are one row, since each says what the others mean. */
export const rolloutTable = {
  after(db: DrizzleD1Database, { modelId }: NonNullable<Cursors['rollouts']>) {
    return db
      .select(rolloutColumns)
      .from(rollouts)
      .where(gt(rollouts.modelId, modelId))
      .groupBy(rollouts.modelId)
      .orderBy(rollouts.modelId)
      .limit(PAGE_ROWS.rollouts)
  },
  changed(db: DrizzleD1Database, step: SQL) {
    return db
      .select(rolloutColumns)
      .from(rollouts)
      .where(inArray(rollouts.modelId, keysOf(db, 'rollout', step)))
      .groupBy(rollouts.modelId)
  },
}

const modelColumns = {
  modelId: modelVersions.modelId,
  version: modelVersions.version,
  manifest: asText(modelVersions.manifest),
  artefacts: asText(modelVersions.artefacts),
  createdAt: modelVersions.createdAt,
}

const { updatedAt: _, ...deployment } = getTableColumns(deployments)
const deploymentColumns = {
  ...deployment,
  // JSON holds no blob, and one must not fail the query
  measured: sql<string>`(select json_group_array(json_array(cast(metric as text),
      iif(typeof(value) = 'blob', null, value), iif(typeof(measured_at) = 'blob', null, measured_at),
      iif(typeof(samples) = 'blob', null, samples), cast(source as text))) from
    (select * from measurements where deployment_id = "deployments"."id" and latest = 1 order by id))`,
  // a verdict on where it was before, or on other artefacts, is none
  verified: sql<
    string | null
  >`(select json_array(cast(state as text), cast(detail as text), cast(note as text),
      iif(typeof(checked_at) = 'blob', null, checked_at)) from verifications
    where deployment_id = "deployments"."id" and subject = ${currentSubject()})`,
}

/** What a request needs of a key. */
const keyColumns = {
  id: apiKeys.id,
  hash: apiKeys.hash,
  scopes: asText(apiKeys.scopes),
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
}

/** What `subjectOf` says of a deployment, as it is stored now: for a query of the deployments. */
export function currentSubject(): SQL {
  return sql`(select "deployments"."transport" || ' ' || "deployments"."target" || ' ' || "deployments"."node"
      || ' ' || "deployments"."placement" || ' ' || iif(json_valid(artefacts), json(artefacts), '')
    from model_versions where model_id = "deployments"."model_id" and version = "deployments"."version")`
}

const rolloutFields = Object.entries(getTableColumns(rollouts)).map(
  // JSON holds no blob, and one must not fail the query
  ([name, column]) =>
    sql`${sql.raw(`'${name}'`)}, iif(typeof(${column}) = 'blob', null, ${column})`,
)
const rolloutColumns = {
  modelId: rollouts.modelId,
  rollouts: sql<string>`json_group_array(json_object(${sql.join(rolloutFields, sql`, `)}))`,
}

function keysOf(db: DrizzleD1Database, kind: string, step: SQL) {
  return db
    .select({ key: registryChanges.key })
    .from(registryChanges)
    .where(and(eq(registryChanges.kind, kind), step))
}

/** A column of JSON as it is stored: drizzle would fail the whole query over one row of it. */
function asText(column: AnySQLiteColumn): SQL<string> {
  return sql<string>`${column}`
}
