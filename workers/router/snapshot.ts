import type { Manifest } from '#shared/manifest.ts'

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

export interface ModelEntry {
  manifest: Manifest
  artefacts: Readonly<Record<string, string>>
}

/** What the registry's tables hold, as they are read. */
export interface RegistryRows {
  version: number
  models: readonly ModelEntry[]
  deployments: readonly Deployment[]
  keys: readonly (ApiKey & { hash: string })[]
}

/** The registry in memory, arranged for look-ups: plain data, shared by all requests of an isolate. */
export interface Snapshot {
  version: number
  /** By `id@version`. */
  models: ReadonlyMap<string, ModelEntry>
  /** Deployments that may be called, by capability. */
  candidates: ReadonlyMap<string, readonly Deployment[]>
  deployments: readonly Deployment[]
  /** By SHA-256 of the key. */
  keys: ReadonlyMap<string, ApiKey>
}

export const EMPTY_ROWS: RegistryRows = { version: 0, models: [], deployments: [], keys: [] }

/** Arranges the rows: every look-up a request makes is one in a Map. */
export function compileSnapshot(rows: RegistryRows): Snapshot {
  const models = new Map(rows.models.map((model) => [versionKey(model.manifest), model]))
  const candidates = new Map<string, Deployment[]>()
  for (const { manifest } of rows.models) candidates.set(manifest.capability, [])
  for (const deployment of rows.deployments) {
    const model = models.get(`${deployment.modelId}@${deployment.version}`)
    if (model && deployment.state === 'ready') {
      candidates.get(model.manifest.capability)?.push(deployment)
    }
  }
  return {
    version: rows.version,
    models,
    candidates,
    deployments: rows.deployments,
    keys: new Map(rows.keys.map(({ hash, ...key }) => [hash, key])),
  }
}

export function versionKey({ id, version }: Pick<Manifest, 'id' | 'version'>): string {
  return `${id}@${version}`
}
