import type { Manifest } from '#shared/manifest.ts'
import type { AnswerMediaType } from '#shared/media-answer.ts'
import { isRemote, type RegisteredManifest } from '#shared/remote-manifest.ts'

import { createOffer, type Offer } from './matching/offer.ts'
import { measuredOf, type MeasurementRow } from './matching/measured.ts'
import type { Rollout } from './rollout/rollout.ts'
import { partsOf, type VersionPart } from './rollout/version-parts.ts'

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
  transport: 'binding' | 'http' | 'oip'
  target: string
  weight: number
  state: 'ready' | 'draining' | 'disabled'
  region: string | null
  cost: number | null
}

/** A deployment that a request may try, with what the attempt must know of its model. */
export interface Candidate extends Deployment {
  capability: string
  /** Media types it may answer with. */
  produces: readonly AnswerMediaType[]
  /** What an answer of it depends on besides the input: version and artefacts; null where none may be kept. */
  cacheAs: string | null
  /** What a rollout makes of its version. */
  part?: VersionPart
}

/** A version of a model, wherever it runs. */
export interface RegisteredModel {
  manifest: RegisteredManifest
  artefacts: Readonly<Record<string, string>>
  /** When this version was registered, in ms since the epoch. */
  createdAt: number
}

/** A version of a model of this mesh, which has a codec. */
export interface ModelEntry extends RegisteredModel {
  manifest: Manifest
}

/** What the registry's tables hold, as they are read: models by id and version, deployments by id. */
export interface RegistryRows {
  version: number
  models: readonly RegisteredModel[]
  deployments: readonly Deployment[]
  keys: readonly (ApiKey & { hash: string })[]
  measurements: readonly MeasurementRow[]
  rollouts: readonly Rollout[]
}

export interface CapabilityEntry {
  /** Every version of every model that offers it. */
  models: readonly ModelEntry[]
}

/** The registry in memory, arranged for look-ups: plain data, shared by all requests of an isolate. */
export interface Snapshot {
  version: number
  /** By `id@version`. */
  models: ReadonlyMap<string, RegisteredModel>
  /** Every version of a model, by its id: 2 before 10. */
  versions: ReadonlyMap<string, readonly RegisteredModel[]>
  /** What is offered at task level. */
  capabilities: ReadonlyMap<string, CapabilityEntry>
  /** By capability: each model version with what takes its traffic, those that take tensors only among them. */
  offers: ReadonlyMap<string, readonly Offer[]>
  /** The same by the model's id. */
  offersOfModel: ReadonlyMap<string, readonly Offer[]>
  deployments: readonly Deployment[]
  /** By `id@version` of the model. */
  deploymentsOf: ReadonlyMap<string, readonly Deployment[]>
  /** By the model's id. */
  rollouts: ReadonlyMap<string, readonly Rollout[]>
  /** What they make of the model's versions, by its id and by version. */
  parts: ReadonlyMap<string, ReadonlyMap<string, VersionPart>>
  /** By SHA-256 of the key. */
  keys: ReadonlyMap<string, ApiKey>
}

export const EMPTY_ROWS: RegistryRows = {
  version: 0,
  models: [],
  deployments: [],
  keys: [],
  measurements: [],
  rollouts: [],
}

/** Arranges the rows: every look-up a request makes is one in a Map. */
export function compileSnapshot(rows: RegistryRows): Snapshot {
  const deploymentsOf = Map.groupBy(rows.deployments, ({ modelId, version }) =>
    versionKey({ id: modelId, version }),
  )
  const measurementsOf = Map.groupBy(rows.measurements, ({ deploymentId }) => deploymentId)
  const rollouts = Map.groupBy(rows.rollouts, ({ modelId }) => modelId)
  const parts = new Map(Array.from(rollouts, ([id, own]) => [id, partsOf(own)]))
  const ordered = rows.models.toSorted((a, b) => compareVersions(a.manifest, b.manifest))
  const offers = ordered.map((model) => {
    const own = deploymentsOf.get(versionKey(model.manifest)) ?? []
    const measured = measuredOf(own.flatMap(({ id }) => measurementsOf.get(id) ?? []))
    const { id, version } = model.manifest
    return createOffer(model, own, { measured, part: parts.get(id)?.get(version) })
  })
  return {
    version: rows.version,
    models: new Map(rows.models.map((model) => [versionKey(model.manifest), model])),
    versions: Map.groupBy(ordered, ({ manifest }) => manifest.id),
    capabilities: new Map(
      Array.from(byCapability(rows.models.filter(isOwn)), ([id, models]) => [id, { models }]),
    ),
    offers: Map.groupBy(offers, ({ model }) => model.manifest.capability),
    offersOfModel: Map.groupBy(offers, ({ model }) => model.manifest.id),
    deployments: rows.deployments,
    deploymentsOf,
    rollouts,
    parts,
    keys: new Map(rows.keys.map(({ hash, ...key }) => [hash, key])),
  }
}

const { compare: compareNumbers } = new Intl.Collator('en', { numeric: true })

function compareVersions(a: RegisteredManifest, b: RegisteredManifest): number {
  return a.id === b.id ? compareNumbers(a.version, b.version) : 0
}

function isOwn(model: RegisteredModel): model is ModelEntry {
  return !isRemote(model.manifest)
}

function byCapability<T extends RegisteredModel>(models: readonly T[]): Map<string, T[]> {
  return Map.groupBy(models, ({ manifest }) => manifest.capability)
}

/** How a model at a version is named: `id@version`. */
export function versionKey({ id, version }: Pick<RegisteredManifest, 'id' | 'version'>): string {
  return `${id}@${version}`
}
