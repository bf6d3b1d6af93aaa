import { MeshError } from '#shared/mesh-error.ts'

import type { Constraints } from './constraints.ts'
import type { DoorName } from './door.ts'
import { explain, type ExplainedDeployment, type Explanation } from './explain.ts'
import { isOfModels, match, modelElimination } from './matching/match.ts'
import type { Needs } from './matching/needs.ts'
import { isServing, nameOf, type Offer } from './matching/offer.ts'
import { nearest } from './nearest.ts'
import { rank, type Ranked } from './ranking/rank.ts'
import type { HealthBoard } from './resilience/health-board.ts'
import { arrangeVersions } from './rollout/arrange-versions.ts'
import { takesCandidate } from './rollout/takes-candidate.ts'
import type { Candidate, Deployment, Snapshot } from './registry/snapshot.ts'

/** No more of a caller's own words is repeated in a message. */
const MAX_ECHO_CHARS = 96
/** Of the deployments that couldn't serve a request, so many are named in its error. */
const MAX_EXPLAINED = 20
/** And so many reasons in its sentence. */
const MAX_REASONS = 3

/** What a request asks of the mesh. */
export interface Wanted {
  door: DoorName
  /** How messages name it. */
  name: string
  offers: readonly Offer[]
  constraints: Constraints
  /** Id of the key that asks. */
  key: string
  /** What the request says of its input. */
  has?: Pick<Needs, 'mediaType' | 'bytes' | 'tensors'>
}

/** The deployments to try for a request, best first, at least one. Throws what `requireMatches` does. */
export function requireCandidates(
  snapshot: Snapshot,
  wanted: Wanted,
  board: HealthBoard,
): readonly Candidate[] {
  const needs = needsOf(snapshot, wanted)
  const ranked = rankWanted(snapshot, wanted, needs, board)
  if (ranked.length === 0) throw nothingFits(snapshot, wanted, needs, board)
  const candidates = ranked.map(({ candidate }) => candidate)
  // who pins a version has chosen
  if (needs.version !== undefined || !candidates.some(({ part }) => part)) return candidates
  const { key, constraints } = wanted
  const caller = { key, sticky: constraints.sticky }
  return arrangeVersions(
    candidates,
    (own) => own,
    (rollout) => takesCandidate(rollout, caller),
  )
}

/** The deployments that fit, best first, as if there were no rollouts; none where nobody fits. */
export function findRanked(
  snapshot: Pick<Snapshot, 'policy'>,
  wanted: Wanted,
  board: HealthBoard,
): readonly Ranked[] {
  return rankWanted(snapshot, wanted, needsOf(snapshot, wanted), board)
}

function rankWanted(
  { policy }: Pick<Snapshot, 'policy'>,
  { offers, constraints: { deadlineMs, objective } }: Wanted,
  needs: Needs,
  board: HealthBoard,
): readonly Ranked[] {
  return rank(match(offers, needs), {
    board,
    objective,
    timeLeftMs: deadlineMs,
    now: Date.now(),
    measurementsLastMs: policy.measurementsLastMs,
    random: Math.random,
  })
}

/** Who would be asked and why not the others, without asking anyone. */
export function explainWanted(
  snapshot: Snapshot,
  wanted: Wanted,
  board: HealthBoard,
  limit: number,
): Explanation {
  const { objective, deadlineMs } = wanted.constraints
  const { measurementsLastMs } = snapshot.policy
  const timeLeftMs = deadlineMs
  const now = Date.now()
  const caller = { key: wanted.key, sticky: wanted.constraints.sticky }
  const context = { board, objective, timeLeftMs, now, measurementsLastMs, limit, caller }
  return explain(snapshot, wanted.offers, needsOf(snapshot, wanted), context)
}

function needsOf(
  { policy }: Pick<Snapshot, 'policy'>,
  { door, constraints, has = {} }: Wanted,
): Needs {
  const { placement, region, model, version, minAccuracy, language, labels, produces, shape } =
    constraints
  return {
    door,
    placement,
    region,
    model,
    version,
    minAccuracy,
    measuredSince: Date.now() - policy.measurementsLastMs,
    language,
    labels,
    produces,
    shape,
    ...has,
  }
}

/** The offers of a capability. Throws `capability_unknown` with the nearest known names, or `model_unknown` of a pin that nobody could fill. */
export function requireOffers(
  { offers, versions }: Pick<Snapshot, 'offers' | 'versions'>,
  capability: string,
  { model, version }: Constraints,
): readonly Offer[] {
  const found = offers.get(capability)
  if (!found) throw unknownCapability(offers.keys(), capability)
  if (model === undefined) return found
  const fills = found.some(
    ({ model: { manifest } }) =>
      manifest.id === model && (version === undefined || manifest.version === version),
  )
  if (fills) return found
  const name = version === undefined ? model : `${model}@${version}`
  throw new MeshError(
    'model_unknown',
    versions.has(model)
      ? `${name} does not offer ${capability}`
      : `there is no model '${name}'; GET /models lists all`,
    { extensions: { nearest: nearest(name, found.map(nameOf)) } },
  )
}

function unknownCapability(known: Iterable<string>, capability: string): MeshError {
  const suggestions = nearest(capability.slice(0, MAX_ECHO_CHARS), known)
  const hint = suggestions.length > 0 ? `did you mean ${suggestions.join(' or ')}? ` : ''
  return new MeshError(
    'capability_unknown',
    `no model offers '${capability.slice(0, MAX_ECHO_CHARS)}'; ${hint}GET /capabilities lists all`,
    { extensions: { nearest: suggestions } },
  )
}

/** Names the question that left nobody, and what each deployment failed. */
function nothingFits(
  snapshot: Snapshot,
  wanted: Wanted,
  needs: Needs,
  board: HealthBoard,
): MeshError {
  const explanation = explainWanted(snapshot, wanted, board, MAX_EXPLAINED)
  const extensions = { explain: explanation }
  const eliminated = modelElimination(wanted.offers, needs)
  if (eliminated) {
    const { reasons, predicate } = eliminated
    const sentence = `no model of ${wanted.name} can take this: ${few(reasons, reasons.length)}`
    return new MeshError(predicate.code, sentence, { extensions })
  }
  const isLive = board.leases.liveAt(Date.now())
  const reasons = reasonsOf(explanation)
  // a lease that ended just now is told by nobody yet
  const why = reasons.length > 0 ? `: ${few(reasons, reasons.length + explanation.more)}` : ''
  const sentence = isServing(wanted.offers, wanted.door, isLive)
    ? `no deployment of ${wanted.name} can take this${why}`
    : `${wanted.name} is known, but nothing that offers it is ready${elsewhere(wanted, isLive) ?? why}`
  return new MeshError('no_deployment', sentence, { retryAfter: 1, extensions })
}

/** Where a capability is served by other people's servers only, its other door is open. */
function elsewhere(
  { door, offers }: Wanted,
  isLive: (own: Deployment) => boolean,
): string | undefined {
  if (door === 'tensor' || !isServing(offers, 'tensor', isLive)) return undefined
  const ids = new Set(offers.map(({ model }) => `/v2/models/${model.manifest.id}/infer`))
  return `; what is takes tensors only: POST ${Array.from(ids).join(' or ')}`
}

/** Why those can't whose model could. */
function reasonsOf({ deployments }: Explanation): string[] {
  return deployments.flatMap(({ model, node, failed }: ExplainedDeployment) =>
    failed === undefined || isOfModels(failed)
      ? []
      : [`${model}${node === undefined ? '' : ` on ${node}`}: ${failed.reason}`],
  )
}

function few(reasons: readonly string[], all: number): string {
  const told = reasons.slice(0, MAX_REASONS)
  return `${told.join('; ')}${all > told.length ? ` and ${all - told.length} more` : ''}`
}
