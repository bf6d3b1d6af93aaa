import { isRemote } from '#shared/remote-manifest.ts'

import { findDeployment } from './find-deployment.ts'
import { measuredOf, type DeploymentMeasurements } from '../matching/measured.ts'
import { byId, createOffer, editPools, nameOf, type Offer } from '../matching/offer.ts'
import { editLists, findSorted, groupEdits, mergeSorted, type Edit } from './merge-sorted.ts'
import { partsOf } from '../rollout/version-parts.ts'
import type {
  CapabilityEntry,
  Deployment,
  ModelEntry,
  RegisteredModel,
  RegistryChanges,
  Snapshot,
} from './snapshot.ts'
import { isAdmitted, PENDING } from '../verify/verification.ts'

/**
 * The snapshot with the changes made. It shares with the one before what none of them touches, so that the cost
 * is that of the changes, besides one copy of each list that one is in. Whichever changes led to some rows, and
 * in whichever order: the snapshot of them is the same.
 */
export function applyChanges(known: Snapshot, changes: RegistryChanges): Snapshot {
  const renewed = Array.from(changes.models, ([key, next]) => ({
    old: known.models.get(key),
    next,
  }))
  const moved = Array.from(changes.deployments, ([id, placed]) => ({
    old: findDeployment(known, id),
    next: placed?.deployment,
  }))
  const remeasured = measurementEdits(known, changes.deployments)
  const models = known.models.with(changes.models)
  const verifications = known.verifications.with(
    new Map(Array.from(changes.deployments, ([id, placed]) => [id, placed?.verification])),
  )
  const deploymentsOf = known.deploymentsOf.with(editLists(known.deploymentsOf, moved, runs, byId))
  const measurementsOf = known.measurementsOf.with(
    editLists(known.measurementsOf, remeasured, ({ model }) => model, byDeployment),
  )
  const versions = known.versions.with(
    editLists(known.versions, renewed, ({ manifest }) => manifest.id, byVersion),
  )
  const rollouts = known.rollouts.with(changes.rollouts)
  const offered = offerEdits(
    known,
    { renewed, moved, remeasured, rolled: changes.rollouts.keys() },
    {
      models,
      versions,
      deploymentsOf,
      measurementsOf,
      verifications,
      policy: known.policy,
      rollouts,
    },
  )
  const offers = known.offers.with(
    editLists(known.offers, offered, ({ model }) => model.manifest.capability, byName),
  )
  return {
    version: known.version,
    position: known.position,
    models,
    versions,
    capabilities: known.capabilities.with(capabilityChanges(renewed, offers)),
    offers,
    offersOfModel: known.offersOfModel.with(
      editLists(known.offersOfModel, offered, ({ model }) => model.manifest.id, byName),
    ),
    deployments: mergeSorted(known.deployments, moved, byId),
    deploymentsOf,
    measurementsOf,
    verifications,
    policy: known.policy,
    rollouts,
    keys: known.keys.with(changes.keys),
  }
}

/** What was measured goes where its deployment goes. */
function measurementEdits(
  known: Snapshot,
  placements: RegistryChanges['deployments'],
): Edit<DeploymentMeasurements>[] {
  return Array.from(placements).flatMap(
    ([deploymentId, placed]): Edit<DeploymentMeasurements>[] => {
      const before = findDeployment(known, deploymentId)
      const old =
        before &&
        findSorted(known.measurementsOf.get(runs(before)) ?? [], { deploymentId }, byDeployment)
      const next = placed?.measurements.length
        ? {
            deploymentId,
            model: runs(placed.deployment),
            placement: placed.deployment.placement,
            counts: placed.verification?.state !== 'failed',
            rows: placed.measurements,
          }
        : undefined
      return old || next ? [{ old, next }] : []
    },
  )
}

/** The offer of each version that changed, or whose deployments, measurements or rollouts did. */
function offerEdits(
  known: Snapshot,
  edits: {
    renewed: readonly Edit<RegisteredModel>[]
    moved: readonly Edit<Deployment>[]
    remeasured: readonly Edit<DeploymentMeasurements>[]
    /** Models whose rollouts changed. */
    rolled: Iterable<string>
  },
  now: Pick<
    Snapshot,
    | 'models'
    | 'versions'
    | 'deploymentsOf'
    | 'measurementsOf'
    | 'verifications'
    | 'policy'
    | 'rollouts'
  >,
): Edit<Offer>[] {
  const renewed = groupEdits(edits.renewed, (model) => nameOf({ model }))
  const moved = groupEdits(edits.moved, runs)
  const remeasured = groupEdits(edits.remeasured, ({ model }) => model)
  const isAllowed = ({ id }: Deployment) =>
    isAdmitted(now.verifications.get(id) ?? PENDING, now.policy.verification)
  const rolled = Array.from(edits.rolled).flatMap((id) => now.versions.get(id) ?? [])
  const touched = new Set([
    ...renewed.keys(),
    ...moved.keys(),
    ...remeasured.keys(),
    ...rolled.map((model) => nameOf({ model })),
  ])
  return Array.from(touched, (key) => {
    const old = offerOf(known, key)
    const model = now.models.get(key)
    if (!model) return { old, next: undefined }
    // a version that wasn't there has no pools yet, though it may have deployments
    const pools = old
      ? editPools(old.pools, moved.get(key) ?? [], isAllowed)
      : editPools(
          [],
          Array.from(now.deploymentsOf.get(key) ?? [], (next) => ({ old: undefined, next })),
          isAllowed,
        )
    const measured =
      old && !remeasured.has(key) && !renewed.has(key)
        ? old.measured
        : measuredOf(model.manifest, now.measurementsOf.get(key) ?? [])
    const { id, version } = model.manifest
    const part = partsOf(now.rollouts.get(id) ?? []).get(version)
    return { old, next: createOffer(model, measured, pools, part) }
  })
}

function capabilityChanges(
  renewed: readonly Edit<RegisteredModel>[],
  offers: Snapshot['offers'],
): Map<string, CapabilityEntry | undefined> {
  const touched = groupEdits(renewed, ({ manifest }) => manifest.capability)
  return new Map(
    Array.from(touched.keys(), (capability) => {
      const models = (offers.get(capability) ?? []).map(({ model }) => model).filter(isOwn)
      return [capability, models.length > 0 ? { models } : undefined]
    }),
  )
}

function offerOf({ models, offersOfModel }: Snapshot, key: string): Offer | undefined {
  const model = models.get(key)
  return model && offersOfModel.get(model.manifest.id)?.find((own) => own.model === model)
}

function isOwn(model: RegisteredModel): model is ModelEntry {
  return !isRemote(model.manifest)
}

/** The version that a deployment runs, named as `versionKey` does. */
function runs({ modelId, version }: Pick<Deployment, 'modelId' | 'version'>): string {
  return `${modelId}@${version}`
}

function byDeployment(
  a: Pick<DeploymentMeasurements, 'deploymentId'>,
  b: Pick<DeploymentMeasurements, 'deploymentId'>,
): number {
  return compareText(a.deploymentId, b.deploymentId)
}

/** By id, then 2 before 10. */
function byVersion({ manifest: a }: RegisteredModel, { manifest: b }: RegisteredModel): number {
  // two versions may be one number, such as 1 and 01
  return (
    compareText(a.id, b.id) ||
    compareNumbers(a.version, b.version) ||
    compareText(a.version, b.version)
  )
}

function byName({ model: a }: Offer, { model: b }: Offer): number {
  return byVersion(a, b)
}

const { compare: compareNumbers } = new Intl.Collator('en', { numeric: true })

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
