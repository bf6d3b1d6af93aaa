import type { Manifest } from '#shared/manifest.ts'
import type { AnswerMediaType } from '#shared/media-answer.ts'
import type { RegisteredManifest } from '#shared/remote-manifest.ts'

import { applyChanges } from './apply-changes.ts'
import type { DeploymentMeasurements, MeasurementRow } from '../matching/measured.ts'
import type { Offer } from '../matching/offer.ts'
import type { Rollout } from '../rollout/rollout.ts'
import type { VersionPart } from '../rollout/version-parts.ts'
import type { Scope } from '../scope.ts'
import { SortedMap } from './sorted-map.ts'
import { DEFAULT_CARD_POLICY, type CardPolicy } from '../verify/card-policy.ts'
import type { Verification } from '../verify/verification.ts'

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
  /** `warming`: nobody has found it ready yet. */
  state: 'warming' | 'ready' | 'draining' | 'disabled'
  stateSince: number | null
  /** From when on it may be removed, in ms since the epoch; null while nobody asked for it. */
  removeAt: number | null
  region: string | null
  cost: number | null
  /** Id of the API key that registered it. */
  owner: string | null
  /** It takes traffic only as long as it renews its lease; always when null. */
  leaseSeconds: number | null
  /** Since when probes can't reach it, in ms since the epoch. */
  unreachableSince: number | null
}

/** A deployment that a request may try, with what the attempt must know of its model. */
export interface Candidate extends Deployment {
  capability: string
  /** Media types it may answer with. */
  produces: readonly AnswerMediaType[]
  /** What an answer of it depends on besides the input: version and artefacts; null where none may be kept. */
  cacheAs: string | null
  /** What a rollout makes of its version. */
  part?: VersionPart | undefined
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

/** What the registry's tables hold, in any order. */
export interface RegistryRows {
  version: number
  models: readonly RegisteredModel[]
  deployments: readonly Deployment[]
  keys: readonly (ApiKey & { hash: string })[]
  /** The latest of each deployment, metric and source. */
  measurements: readonly MeasurementRow[]
  verifications: readonly (Verification & { deploymentId: string })[]
  /** Of the router's settings, which go with what they are applied to. */
  policy: CardPolicy
  rollouts: readonly Rollout[]
}

export interface CapabilityEntry {
  /** Every version of every model that offers it. */
  models: readonly ModelEntry[]
}

/** A deployment with what was found out of it. */
export interface PlacedDeployment {
  deployment: Deployment
  /** The latest of each metric and source. */
  measurements: readonly MeasurementRow[]
  /** Undefined where nobody has run an example on it as it is. */
  verification?: Verification | undefined
}

/** What stands under some keys of the tables; undefined where nothing does any more. */
export interface RegistryChanges {
  /** By `id@version`. */
  models: ReadonlyMap<string, RegisteredModel | undefined>
  deployments: ReadonlyMap<string, PlacedDeployment | undefined>
  /** By SHA-256 of the key. */
  keys: ReadonlyMap<string, ApiKey | undefined>
  /** All of a model, by its id. */
  rollouts: ReadonlyMap<string, readonly Rollout[] | undefined>
}

/** A place in the log of changes: up to there a snapshot has them. */
export interface LogPosition {
  id: number
  token: string
}

/** The registry in memory, arranged for look-ups: never changed, shared by all requests of an isolate. */
export interface Snapshot {
  version: number
  /** Undefined of one that wasn't read from a log. */
  position: LogPosition | undefined
  /** By `id@version`. */
  models: SortedMap<RegisteredModel>
  /** Every version of a model, by its id: 2 before 10. */
  versions: SortedMap<readonly RegisteredModel[]>
  /** What is offered at task level. */
  capabilities: SortedMap<CapabilityEntry>
  /** By capability: each model version with what takes its traffic, those that take tensors only among them. */
  offers: SortedMap<readonly Offer[]>
  /** The same by the model's id. */
  offersOfModel: SortedMap<readonly Offer[]>
  /** By id. */
  deployments: readonly Deployment[]
  /** By `id@version` of the model. */
  deploymentsOf: SortedMap<readonly Deployment[]>
  /** What was measured of the deployments, by `id@version` of the model. */
  measurementsOf: SortedMap<readonly DeploymentMeasurements[]>
  /** What came of the examples, by id of the deployment; of those on which somebody has run them. */
  verifications: SortedMap<Verification>
  policy: CardPolicy
  /** By the model's id. */
  rollouts: SortedMap<readonly Rollout[]>
  /** By SHA-256 of the key. */
  keys: SortedMap<ApiKey>
}

export const EMPTY_ROWS: RegistryRows = {
  version: 0,
  models: [],
  deployments: [],
  keys: [],
  measurements: [],
  verifications: [],
  policy: DEFAULT_CARD_POLICY,
  rollouts: [],
}

export const EMPTY_SNAPSHOT: Snapshot = {
  version: 0,
  position: undefined,
  models: SortedMap.empty(),
  versions: SortedMap.empty(),
  capabilities: SortedMap.empty(),
  offers: SortedMap.empty(),
  offersOfModel: SortedMap.empty(),
  deployments: [],
  deploymentsOf: SortedMap.empty(),
  measurementsOf: SortedMap.empty(),
  verifications: SortedMap.empty(),
  policy: DEFAULT_CARD_POLICY,
  rollouts: SortedMap.empty(),
  keys: SortedMap.empty(),
}

/** The snapshot of some rows, at once: what D1 has is read in parts (read-snapshot.ts). */
export function compileSnapshot({
  version,
  models,
  deployments,
  keys,
  measurements,
  verifications,
  policy,
  rollouts,
}: RegistryRows): Snapshot {
  const verificationOf = new Map(
    verifications.map(({ deploymentId, ...own }) => [deploymentId, own]),
  )
  const measurementsOf = Map.groupBy(measurements, ({ deploymentId }) => deploymentId)
  const placed = (deployment: Deployment): PlacedDeployment => ({
    deployment,
    measurements: measurementsOf.get(deployment.id) ?? [],
    verification: verificationOf.get(deployment.id),
  })
  const compiled = applyChanges(
    { ...EMPTY_SNAPSHOT, policy },
    {
      models: new Map(models.map((model) => [versionKey(model.manifest), model])),
      deployments: new Map(deployments.map((own) => [own.id, placed(own)])),
      keys: new Map(keys.map(({ hash, ...key }) => [hash, key])),
      rollouts: Map.groupBy(rollouts, ({ modelId }) => modelId),
    },
  )
  return { ...compiled, version }
}

/** How a model at a version is named: `id@version`. */
export function versionKey({ id, version }: Pick<RegisteredManifest, 'id' | 'version'>): string {
  return `${id}@${version}`
}
