import type { Manifest } from '#shared/manifest.ts'
import type { AnswerMediaType } from '#shared/media-answer.ts'
import { isRemote, type RegisteredManifest } from '#shared/remote-manifest.ts'

import { contradictionsOf } from './cards/contradictions.ts'
import {
  measuredOf,
  NOTHING_MEASURED,
  type Measured,
  type MeasurementRow,
} from './matching/measured.ts'
import { createOffer, type Offer } from './matching/offer.ts'
import { DEFAULT_CARD_POLICY, type CardPolicy } from './verify/card-policy.ts'
import {
  isAdmitted,
  PENDING,
  subjectOf,
  type Verification,
  type VerificationRow,
} from './verify/verification.ts'

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
  /** The latest of each deployment, metric and source. */
  measurements: readonly MeasurementRow[]
  verifications: readonly VerificationRow[]
  /** Of the router's settings, which go with what they are applied to. */
  policy: CardPolicy
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
  /** By id of the deployment; absent where nobody has run an example. */
  verifications: ReadonlyMap<string, Verification>
  policy: CardPolicy
  /** By SHA-256 of the key. */
  keys: ReadonlyMap<string, ApiKey>
}

export const EMPTY_ROWS: RegistryRows = {
  version: 0,
  models: [],
  deployments: [],
  keys: [],
  measurements: [],
  verifications: [],
  policy: DEFAULT_CARD_POLICY,
}

/** Arranges the rows: every look-up a request makes is one in a Map. */
export function compileSnapshot(rows: RegistryRows): Snapshot {
  const deploymentsOf = Map.groupBy(rows.deployments, ({ modelId, version }) =>
    versionKey({ id: modelId, version }),
  )
  const measurementsOf = Map.groupBy(rows.measurements, ({ deploymentId }) => deploymentId)
  const verifications = currentVerifications(rows)
  const ordered = rows.models.toSorted((a, b) => compareVersions(a.manifest, b.manifest))
  const offers = ordered.map((model) => {
    const own = deploymentsOf.get(versionKey(model.manifest)) ?? []
    const admitted = own.filter(({ id }) =>
      isAdmitted(verifications.get(id) ?? PENDING, rows.policy.verification),
    )
    const measured = measure(model, own, measurementsOf, verifications)
    return createOffer(model, admitted, measured)
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
    verifications,
    policy: rows.policy,
    keys: new Map(rows.keys.map(({ hash, ...key }) => [hash, key])),
  }
}

function measure(
  { manifest }: RegisteredModel,
  deployments: readonly Deployment[],
  measurementsOf: ReadonlyMap<string, readonly MeasurementRow[]>,
  verifications: ReadonlyMap<string, Verification>,
): Measured {
  const rows = deployments.flatMap(({ id }) => measurementsOf.get(id) ?? [])
  if (rows.length === 0) return NOTHING_MEASURED
  const counts = (id: string) => verifications.get(id)?.state !== 'failed'
  return measuredOf(rows, deployments, contradictionsOf(manifest, rows), counts)
}

/** By deployment, those that are of it as it is now. */
function currentVerifications({
  verifications,
  deployments,
  models,
}: RegistryRows): Map<string, Verification> {
  if (verifications.length === 0) return new Map()
  const modelOf = new Map(models.map((model) => [versionKey(model.manifest), model]))
  const deployed = new Map(deployments.map((own) => [own.id, own]))
  return new Map(
    verifications.flatMap(
      ({ deploymentId, subject, ...verification }): [string, Verification][] => {
        const own = deployed.get(deploymentId)
        const model = own && modelOf.get(versionKey({ id: own.modelId, version: own.version }))
        return model && subjectOf(own, model) === subject ? [[deploymentId, verification]] : []
      },
    ),
  )
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
