/** The registry in D1. Times are milliseconds since the epoch. Writes are one batch each (workers/router/registry/write-registry.ts). */
import { sql } from 'drizzle-orm'
import {
  foreignKey,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'

import type { RegisteredManifest } from './remote-manifest.ts'

/** One call of one deployment, as the log of decisions keeps it. */
export interface DecidedAttempt {
  /** `id@version` */
  model: string
  node: string
  placement: 'edge' | 'native'
  kind: 'first' | 'retry' | 'hedge'
  /** `ok`, `cancelled` or the code of the error. */
  outcome: string
  ms: number
  /** What a rollout had to do with it. */
  rollout?: 'canary' | 'pinned'
}

export const models = sqliteTable('models', {
  id: text().primaryKey(),
  title: text().notNull(),
  capability: text()
    .notNull()
    .references(() => capabilities.id),
  createdAt: integer().notNull(),
})

export const modelVersions = sqliteTable(
  'model_versions',
  {
    modelId: text()
      .notNull()
      .references(() => models.id),
    version: text().notNull(),
    manifest: text({ mode: 'json' }).$type<RegisteredManifest>().notNull(),
    /** SHA-256 of each artefact by file name. */
    artefacts: text({ mode: 'json' }).$type<Record<string, string>>().notNull(),
    license: text().notNull(),
    createdAt: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.modelId, table.version] })],
)

export const capabilities = sqliteTable('capabilities', {
  id: text().primaryKey(),
  task: text().notNull(),
  createdAt: integer().notNull(),
})

export const deployments = sqliteTable(
  'deployments',
  {
    id: text().primaryKey(),
    modelId: text().notNull(),
    version: text().notNull(),
    node: text().notNull(),
    placement: text({ enum: ['edge', 'native'] }).notNull(),
    transport: text({ enum: ['binding', 'http', 'oip'] }).notNull(),
    /** The binding's name, the node's base URL, or the model's URL on another server. */
    target: text().notNull(),
    weight: real().notNull(),
    state: text({ enum: ['warming', 'ready', 'draining', 'disabled'] }).notNull(),
    /** When it came into this state; unknown when null. */
    stateSince: integer(),
    /** From when on it may be removed; null while nobody asked for it. */
    removeAt: integer(),
    /** Where it runs, in the owner's own words, e.g. `eu`; unknown when null. */
    region: text(),
    /** Of one call, in calls at the edge. */
    cost: real(),
    /** Id of the API key that registered it; unknown when null. */
    owner: text(),
    /** It takes traffic only as long as it renews its lease this often; always when null. */
    leaseSeconds: integer(),
    /** Since when probes can't reach it; null while they can. */
    unreachableSince: integer(),
    updatedAt: integer().notNull(),
  },
  (table) => [
    index('deployments_model').on(table.modelId, table.version),
    foreignKey({
      columns: [table.modelId, table.version],
      foreignColumns: [modelVersions.modelId, modelVersions.version],
    }),
  ],
)

/**
 * Until when a deployment with a lease is believed to be there. Each renewal replaces the row, and ids never come
 * twice, so what was renewed since a reader's last id is what has a greater one. Renewing raises no counter.
 */
export const leases = sqliteTable('leases', {
  id: integer().primaryKey({ autoIncrement: true }),
  deploymentId: text().notNull().unique(),
  expiresAt: integer().notNull(),
})

/** A version of a model on its way to take the place of another (workers/router/rollout/). */
export const rollouts = sqliteTable(
  'rollouts',
  {
    /** Of this run: starting it once more is another. */
    id: text().primaryKey(),
    modelId: text().notNull(),
    stable: text().notNull(),
    candidate: text().notNull(),
    /** Of the callers, those whom the candidate answers: 0 is shadow. */
    share: real().notNull(),
    /** Of the answered requests, those that the other version is asked behind. */
    mirror: real().notNull(),
    state: text({ enum: ['running', 'promoted', 'rolled_back', 'held', 'stopped'] }).notNull(),
    maxDisagreement: real().notNull(),
    maxFailures: real().notNull(),
    maxLatencyRatio: real(),
    tolerance: real().notNull(),
    errorRate: real().notNull(),
    maxPairs: integer().notNull(),
    startedAt: integer().notNull(),
    expiresAt: integer().notNull(),
    decidedAt: integer(),
    /** Why it was decided so. */
    reason: text(),
  },
  (table) => [
    uniqueIndex('rollouts_candidate').on(table.modelId, table.candidate),
    uniqueIndex('rollouts_running')
      .on(table.modelId)
      .where(sql`${table.state} = 'running'`),
    foreignKey({
      columns: [table.modelId, table.stable],
      foreignColumns: [modelVersions.modelId, modelVersions.version],
    }),
    foreignKey({
      columns: [table.modelId, table.candidate],
      foreignColumns: [modelVersions.modelId, modelVersions.version],
    }),
  ],
)

/** What was seen of both versions of a rollout: sums that every isolate adds to. */
export const rolloutEvidence = sqliteTable('rollout_evidence', {
  rolloutId: text().primaryKey(),
  /** Requests that both versions answered. */
  pairs: integer().notNull(),
  disagreements: integer().notNull(),
  /** Pairs in which the candidate took longer than the ratio allows. */
  slower: integer().notNull(),
  differenceSum: real().notNull(),
  differenceMax: real().notNull(),
  correlationSum: real().notNull(),
  correlations: integer().notNull(),
  stableCalls: integer().notNull(),
  stableFailures: integer().notNull(),
  stableMs: real().notNull(),
  candidateCalls: integer().notNull(),
  candidateFailures: integer().notNull(),
  candidateMs: real().notNull(),
  /** The latest disagreement: whose request, and what differed, without the answers themselves. */
  lastRequest: text(),
  lastReason: text(),
})

/** What the mesh measured of a deployment, apart from what its owner claims. */
export const measurements = sqliteTable(
  'measurements',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    deploymentId: text().notNull(),
    metric: text().notNull(),
    value: real().notNull(),
    measuredAt: integer().notNull(),
    /** Of how many things it was measured; not told when null. */
    samples: integer(),
    /** By the router on the model's examples, or by somebody who tells of it. */
    source: text({ enum: ['examples', 'reported'] })
      .notNull()
      .default('reported'),
    /** Whether it is the latest of its deployment, metric and source: a snapshot reads no others. */
    latest: integer({ mode: 'boolean' }).notNull().default(true),
  },
  (table) => [
    index('measurements_deployment').on(table.deploymentId, table.metric),
    index('measurements_latest')
      .on(table.deploymentId)
      .where(sql`latest = 1`),
  ],
)

/** What came of running a model's examples on a deployment. */
export const verifications = sqliteTable(
  'verifications',
  {
    deploymentId: text().primaryKey(),
    /** What was verified: where the deployment ran and of which artefacts. Of anything else it says nothing. */
    subject: text().notNull(),
    state: text({ enum: ['pending', 'passed', 'failed', 'unverifiable'] }).notNull(),
    /** What was wrong. */
    detail: text(),
    /** Why the latest try came to no verdict, e.g. since the node could not be reached. */
    note: text(),
    /** When the state was found; null before the first verdict. */
    checkedAt: integer(),
    /** Failures in a row. */
    failures: integer().notNull(),
    /** When it is to be verified again; while somebody does, when it is given up. */
    dueAt: integer().notNull(),
  },
  (table) => [index('verifications_due').on(table.dueAt)],
)

/** Files that the examples of a model version name by their digest. */
export const exampleFiles = sqliteTable(
  'example_files',
  {
    modelId: text().notNull(),
    version: text().notNull(),
    sha256: text().notNull(),
    size: integer().notNull(),
    /** In base64: D1 hands a blob out as an array of numbers, which is three times as long. */
    data: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.modelId, table.version, table.sha256] }),
    foreignKey({
      columns: [table.modelId, table.version],
      foreignColumns: [modelVersions.modelId, modelVersions.version],
    }),
  ],
)

export const apiKeys = sqliteTable('api_keys', {
  id: text().primaryKey(),
  name: text().notNull(),
  /** SHA-256 of the key in hex; the key itself is shown once and never kept. */
  hash: text().notNull().unique(),
  scopes: text({ mode: 'json' }).$type<('infer' | 'register' | 'metrics' | 'admin')[]>().notNull(),
  createdAt: integer().notNull(),
  expiresAt: integer(),
  revokedAt: integer(),
})

export const auditLog = sqliteTable('audit_log', {
  id: integer().primaryKey({ autoIncrement: true }),
  at: integer().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  target: text().notNull(),
  detail: text().notNull(),
})

/** The latest requests for an inference, as the router decided them; only so many are kept. Written behind requests, so some may be missing. */
export const decisions = sqliteTable(
  'decisions',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    requestId: text().notNull(),
    traceId: text().notNull(),
    at: integer().notNull(),
    /** Id of the API key that asked. */
    key: text().notNull(),
    /** Null where the request named none that there is. */
    capability: text(),
    /** Who answered, `id@version`; null where nobody did. */
    model: text(),
    node: text(),
    /** `ok` or the code of the error. */
    outcome: text().notNull(),
    cache: text({ enum: ['hit', 'collapsed', 'miss', 'bypass'] }).notNull(),
    ms: real().notNull(),
    attempts: text({ mode: 'json' }).$type<readonly DecidedAttempt[]>().notNull(),
  },
  (table) => [index('decisions_request').on(table.requestId)],
)

/** One row: a counter that every change raises, so that a snapshot knows when it is old. */
export const registryMeta = sqliteTable('registry_meta', {
  id: integer().primaryKey(),
  version: integer().notNull(),
})

/**
 * What changed in the tables that a snapshot is made of, so that it needs to read only that. Triggers write it, so
 * no writer can forget to, and keep the latest ten thousand; the last one is never deleted.
 */
export const registryChanges = sqliteTable('registry_changes', {
  id: integer().primaryKey(),
  /** Random: tells a history from another one of the same length, as of a database that was restored. */
  token: text()
    .notNull()
    .default(sql`(lower(hex(randomblob(8))))`),
  /** Which rows of a snapshot: a table of workers/router/registry/registry-tables.ts. */
  kind: text().notNull(),
  key: text().notNull(),
})

/** Admin writes that named themselves, so that repeating one is the same as making it once. */
export const idempotencyKeys = sqliteTable('idempotency_keys', {
  /** SHA-256 of the caller's key id and its idempotency key. */
  id: text().primaryKey(),
  /** SHA-256 of method, path and body. */
  request: text().notNull(),
  createdAt: integer().notNull(),
  /** Null while the request is being carried out. */
  status: integer(),
  /** Null where it must not be kept. */
  body: text(),
})
