import type { Manifest } from '#shared/manifest.ts'
import { producedTypes, type AnswerMediaType } from '#shared/media-answer.ts'

import { createPool, type CandidatePool } from './candidates.ts'

export type Scope = 'infer' | 'admin'

export interface ApiKey {
  id: string
  scopes: readonly Scope[]
  expiresAt: number | null
  revokedAt: number | null
}

export interface Deployment {
  id: string
  modelId: string
  version: string
  node: string
  placement: 'edge' | 'native'
  transport: 'binding' | 'http'
  target: string
  weight: number
  state: 'ready' | 'draining' | 'disabled'
}

/** A deployment that a request may try, with what the attempt must know of its model. */
export interface Candidate extends Deployment {
  /** Media types it may answer with. */
  produces: readonly AnswerMediaType[]
}

export interface ModelEntry {
  manifest: Manifest
  artefacts: Readonly<Record<string, string>>
  /** When this version was registered, in ms since the epoch. */
  createdAt: number
}

/** What the registry's tables hold, as they are read: models by id and version, deployments by id. */
export interface RegistryRows {
  version: number
  models: readonly ModelEntry[]
  deployments: readonly Deployment[]
  keys: readonly (ApiKey & { hash: string })[]
}

export interface CapabilityEntry {
  /** Every version of every model that offers it. */
  models: readonly ModelEntry[]
  /** The deployments that may be called. */
  pool: CandidatePool
}

/** The registry in memory, arranged for look-ups: plain data, shared by all requests of an isolate. */
export interface Snapshot {
  version: number
  /** By `id@version`. */
  models: ReadonlyMap<string, ModelEntry>
  /** Every version of a model, by its id. */
  versions: ReadonlyMap<string, readonly ModelEntry[]>
  capabilities: ReadonlyMap<string, CapabilityEntry>
  deployments: readonly Deployment[]
  /** By `id@version` of the model. */
  deploymentsOf: ReadonlyMap<string, readonly Deployment[]>
  /** By SHA-256 of the key. */
  keys: ReadonlyMap<string, ApiKey>
}

export const EMPTY_ROWS: RegistryRows = { version: 0, models: [], deployments: [], keys: [] }

/** Arranges the rows: every look-up a request makes is one in a Map. */
export function compileSnapshot(rows: RegistryRows): Snapshot {
  const deploymentsOf = Map.groupBy(rows.deployments, ({ modelId, version }) =>
    versionKey({ id: modelId, version }),
  )
  const byCapability = Map.groupBy(rows.models, ({ manifest }) => manifest.capability)
  const capabilities = new Map<string, CapabilityEntry>()
  for (const [id, models] of byCapability) {
    const deployed = models.flatMap(({ manifest }) => {
      const produces = producedTypes(manifest)
      const own = deploymentsOf.get(versionKey(manifest)) ?? []
      return Array.from(own, (deployment): Candidate => ({ ...deployment, produces }))
    })
    capabilities.set(id, { models, pool: createPool(deployed) })
  }
  return {
    version: rows.version,
    models: new Map(rows.models.map((model) => [versionKey(model.manifest), model])),
    versions: Map.groupBy(rows.models, ({ manifest }) => manifest.id),
    capabilities,
    deployments: rows.deployments,
    deploymentsOf,
    keys: new Map(rows.keys.map(({ hash, ...key }) => [hash, key])),
  }
}

/** How a model at a version is named: `id@version`. */
export function versionKey({ id, version }: Pick<Manifest, 'id' | 'version'>): string {
  return `${id}@${version}`
}
