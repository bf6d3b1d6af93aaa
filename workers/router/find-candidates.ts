import { MeshError } from '#shared/mesh-error.ts'
import { isRemote } from '#shared/remote-manifest.ts'

import { poolSize, rankCandidates } from './candidates.ts'
import type { Constraints } from './constraints.ts'
import { nearest } from './nearest.ts'
import type { Candidate, RegisteredModel, Snapshot } from './snapshot.ts'

/** No more of a caller's own words is repeated in a message. */
const MAX_ECHO_CHARS = 96

/**
 * The deployments to try for a request, at least one. Throws `capability_unknown` or `model_unknown`
 * with the nearest known names, or `no_deployment` when what exists isn't ready or doesn't fit.
 */
export function requireCandidates(
  snapshot: Snapshot,
  capability: string,
  constraints: Constraints,
): Candidate[] {
  const entry = snapshot.capabilities.get(capability)
  const remote = snapshot.tensorModels.get(capability) ?? []
  if (!entry && remote.length > 0) throw tensorsOnly(capability, idsOf(remote))
  if (!entry) throw unknownCapability(snapshot, capability)
  requirePinned(snapshot, capability, constraints)
  const candidates = rankCandidates(entry.pool, constraints)
  if (candidates.length > 0) return candidates
  const ready = poolSize(entry.pool)
  const taking = idsOf(entry.models).filter((id) => hasDeployment(snapshot, id))
  if (ready === 0 && taking.length > 0) {
    throw new MeshError(
      'no_deployment',
      `what is ready of ${sentenceOfTensors(capability, taking)}`,
      { retryAfter: 1 },
    )
  }
  throw new MeshError(
    'no_deployment',
    ready === 0
      ? `${capability} is known, but nothing that offers it is ready`
      : `${ready} deployments of ${capability} are ready, but none satisfies ${describe(constraints)}`,
    { retryAfter: 1 },
  )
}

function idsOf(models: readonly RegisteredModel[]): string[] {
  return [...new Set(models.map(({ manifest }) => manifest.id))]
}

function hasDeployment({ tensorPools }: Snapshot, model: string): boolean {
  const pool = tensorPools.get(model)
  return pool !== undefined && poolSize(pool) > 0
}

/** There is a model, but no codec of it: nothing here could make tensors of an input. */
function tensorsOnly(what: string, models: readonly string[]): MeshError {
  return new MeshError('capability_unknown', sentenceOfTensors(what, models))
}

function sentenceOfTensors(what: string, models: readonly string[]): string {
  const paths = models.map((id) => `/v2/models/${id}/infer`)
  return `${what} takes tensors only: POST ${paths.join(' or ')}`
}

function unknownCapability({ capabilities }: Snapshot, capability: string): MeshError {
  const suggestions = nearest(capability, capabilities.keys())
  const hint = suggestions.length > 0 ? `did you mean ${suggestions.join(' or ')}? ` : ''
  return new MeshError(
    'capability_unknown',
    `no model offers '${capability.slice(0, MAX_ECHO_CHARS)}'; ${hint}GET /capabilities lists all`,
    { extensions: { nearest: suggestions } },
  )
}

function requirePinned(
  { capabilities, versions }: Snapshot,
  capability: string,
  { model, version }: Constraints,
): void {
  if (model === undefined) return
  const known = versions.get(model)
  const found = known?.some(
    ({ manifest }) =>
      manifest.capability === capability && (version === undefined || manifest.version === version),
  )
  if (found && known?.every(({ manifest }) => isRemote(manifest))) {
    throw tensorsOnly(model, [model])
  }
  if (found) return
  const offering = (capabilities.get(capability)?.models ?? []).map(
    ({ manifest }) => `${manifest.id}@${manifest.version}`,
  )
  const name = version === undefined ? model : `${model}@${version}`
  throw new MeshError(
    'model_unknown',
    known
      ? `${name} does not offer ${capability}`
      : `there is no model '${name}'; GET /models lists all`,
    { extensions: { nearest: nearest(name, offering) } },
  )
}

function describe({ placement, model, version }: Constraints): string {
  const pin =
    model === undefined ? [] : [`model ${model}${version === undefined ? '' : `@${version}`}`]
  return [`placement ${placement}`, ...pin].join(' and ')
}
