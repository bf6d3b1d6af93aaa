import { MeshError } from '#shared/mesh-error.ts'

import { answeringVersions } from './answering-versions.ts'
import type { Constraints } from '../constraints.ts'
import { requireCandidates, type Wanted } from '../find-candidates.ts'
import type { LeaseBoard } from '../leases/lease-board.ts'
import { isServing } from '../matching/offer.ts'
import { nearest } from '../nearest.ts'
import type { HealthBoard } from '../resilience/health-board.ts'
import {
  versionKey,
  type Candidate,
  type RegisteredModel,
  type Snapshot,
} from '../registry/snapshot.ts'

/** No more of a caller's own words is repeated in a message. */
const MAX_ECHO_CHARS = 96

/** The versions of a model, or the one asked for. Throws `model_unknown` with the nearest known names. */
export function requireVersions(
  { versions }: Pick<Snapshot, 'versions'>,
  name: string,
  version?: string,
): readonly RegisteredModel[] {
  const known = versions.get(name)
  if (!known) {
    throw new MeshError(
      'model_unknown',
      `there is no model '${name.slice(0, MAX_ECHO_CHARS)}'; GET /v2/models lists all`,
      { extensions: { nearest: nearest(name.slice(0, MAX_ECHO_CHARS), versions.keys()) } },
    )
  }
  if (version === undefined) return known
  const found = known.filter(({ manifest }) => manifest.version === version)
  if (found.length > 0) return found
  throw new MeshError(
    'model_unknown',
    `${name} has no version '${version.slice(0, MAX_ECHO_CHARS)}'; there are ${known.map(({ manifest }) => manifest.version).join(', ')}`,
  )
}

/**
 * The deployments to try for tensors of a model, at least one: of any version that answers when none is named.
 * Throws `model_unknown`, or `no_deployment` when nothing that has it is ready and fits.
 */
export function requireTensorCandidates(
  snapshot: Snapshot,
  {
    name,
    inPath,
    constraints,
    key,
  }: { name: string; inPath: string | undefined; constraints: Constraints; key: string },
  board: HealthBoard,
): readonly Candidate[] {
  const version = agreedVersion(name, inPath, constraints)
  const known = requireVersions(snapshot, name, version)
  const answering = new Set(answeringVersions(known, (own) => leads(snapshot, own, board.leases)))
  const offers = (snapshot.offersOfModel.get(name) ?? []).filter(({ model }) =>
    answering.has(model),
  )
  const pinned = { ...constraints, model: name, version }
  const wanted: Wanted = { door: 'tensor', name, offers, constraints: pinned, key }
  return requireCandidates(snapshot, wanted, board)
}

/** Whether the version may stand for its model: it is ready, and no other stands for it in a rollout. */
export function leads(snapshot: Snapshot, model: RegisteredModel, leases: LeaseBoard): boolean {
  const offers = snapshot.offersOfModel.get(model.manifest.id) ?? []
  const part = offers.find((own) => own.model === model)?.part
  return (part === undefined || part.role === 'stable') && isReady(snapshot, model, leases)
}

/** Whether a deployment of the version takes requests. */
export function isReady(
  { offersOfModel }: Snapshot,
  model: RegisteredModel,
  leases: LeaseBoard,
): boolean {
  const offers = offersOfModel.get(model.manifest.id) ?? []
  const own = offers.filter((offer) => offer.model === model)
  return isServing(own, 'tensor', leases.liveAt(Date.now()))
}

/** The header may pin what the path left open; a model of its own would contradict it. */
function agreedVersion(
  name: string,
  inPath: string | undefined,
  { model = name, version = inPath }: Constraints,
): string | undefined {
  if (model === name && (inPath === undefined || version === inPath)) return version
  const pinned = version === undefined ? model : versionKey({ id: model, version })
  throw new MeshError(
    'invalid_request',
    `the header mesh-model says ${pinned}, the path ${inPath === undefined ? name : versionKey({ id: name, version: inPath })}`,
  )
}
