import { modelFailure, placeFailure, type Failure } from './matching/match.ts'
import { isFresh } from './matching/measured.ts'
import type { Needs } from './matching/needs.ts'
import { nameOf, opensDoor, placeOf, takesTraffic, type Offer } from './matching/offer.ts'
import { expiredOf, scoreOf, scoreVersion, type Score, type ScoreContext } from './ranking/score.ts'
import type { HealthBoard } from './resilience/health-board.ts'
import { arrangeVersions } from './rollout/arrange-versions.ts'
import type { RolloutState } from './rollout/rollout.ts'
import { takesCandidate, type Caller } from './rollout/takes-candidate.ts'
import type { VersionPart } from './rollout/version-parts.ts'
import { versionKey, type Deployment, type Snapshot } from './registry/snapshot.ts'
import { isAdmitted, PENDING, refusalOf } from './verify/verification.ts'

export interface ExplainedScore extends Score {
  /** What was measured too long ago to count. */
  expired: readonly string[]
}

/** Why a deployment would be asked, or wouldn't. */
export interface ExplainedDeployment {
  model: string
  /** Absent where the model isn't deployed at all. */
  node?: string
  placement?: Deployment['placement']
  /** The first question it fails. */
  failed?: Failure
  /** What it is worth to this request, and why. */
  score?: ExplainedScore
  /** What of its card was measured to be otherwise. */
  contradicted?: readonly string[]
  /** Whether it would be passed over for now: probes can't reach it, or for this isolate it fails, is full or asked to be left alone. */
  passedOver?: true
  /** What a rollout makes of its version. */
  rollout?: ExplainedRollout
}

interface ExplainedRollout {
  role: VersionPart['role']
  state: RolloutState
  stable: string
  candidate: string
  share: number
  /** Whether the candidate is asked first for this caller. */
  candidateFirst?: boolean
}

/** Of the deployments of a capability: to look at each of a hundred thousand would take all others' time. */
const MAX_CONSIDERED = 1_000

export interface Explanation {
  /** Best first, then those that fail: where it is only they, before where it is their model. */
  deployments: readonly ExplainedDeployment[]
  /** How many more there are than are listed. */
  more: number
}

export interface ExplainContext extends ScoreContext {
  board: HealthBoard
  /** How many deployments to list at most. */
  limit: number
  caller: Caller
}

type Registered = Pick<Snapshot, 'deploymentsOf' | 'verifications' | 'policy'>

/** What becomes of a request, without running it: deployments of the offers, each with its score or its failure. */
export function explain(
  registered: Registered,
  offers: readonly Offer[],
  needs: Needs,
  context: ExplainContext,
): Explanation {
  const judged = offers
    .map((offer) => ({ offer, ofModel: modelFailure(needs, offer) }))
    .toSorted((a, b) => Number(a.ofModel !== undefined) - Number(b.ofModel !== undefined))
  let left = MAX_CONSIDERED
  let passedBy = 0
  const all = judged.flatMap((own) => {
    const deployments = registered.deploymentsOf.get(versionKey(own.offer.model.manifest)) ?? []
    const considered = deployments.slice(0, left)
    passedBy += deployments.length - considered.length
    // a version that runs nowhere is one thing to tell as well
    if (left === 0) return []
    left -= Math.max(1, considered.length)
    return explainOffer(registered, { ...own, deployments: considered }, needs, context)
  })
  const sorted = all.toSorted((a, b) => worthOf(b) - worthOf(a))
  const fitting = sorted.filter(({ told }) => told.score)
  const arranged = needs.version === undefined ? arrange(fitting, context.caller) : fitting
  const told = [...arranged, ...sorted.filter((own) => !own.told.score)].map((own) => own.told)
  return {
    deployments: told.slice(0, context.limit),
    more: Math.max(0, told.length - context.limit) + passedBy,
  }
}

/** A model version, why it can't serve the request, and those of its deployments that are looked at. */
interface Judged {
  offer: Offer
  ofModel: Failure | undefined
  deployments: readonly Deployment[]
}

interface Explained {
  told: ExplainedDeployment
  offer: Offer
  /** Whether the model could answer, wherever it runs. */
  isModelRight: boolean
}

function worthOf({ told, isModelRight }: Explained): number {
  return told.score?.total ?? (isModelRight ? -1 : -2)
}

function arrange(fitting: readonly Explained[], caller: Caller): readonly Explained[] {
  return arrangeVersions(
    fitting,
    ({ offer: { model, part } }) => ({
      modelId: model.manifest.id,
      version: model.manifest.version,
      part,
    }),
    (rollout) => takesCandidate(rollout, caller),
  )
}

function explainRollout(
  { part }: Offer,
  { version }: Needs,
  caller: Caller,
): Pick<ExplainedDeployment, 'rollout'> {
  if (!part) return {}
  const { role, rollout } = part
  const { state, stable, candidate, share } = rollout
  const isOpen = state === 'running' && version === undefined
  const candidateFirst = isOpen ? { candidateFirst: takesCandidate(rollout, caller) } : {}
  return { rollout: { role, state, stable, candidate, share, ...candidateFirst } }
}

function explainOffer(
  registered: Registered,
  judged: Judged,
  needs: Needs,
  context: ExplainContext,
): Explained[] {
  const { offer, ofModel } = judged
  const rollout = explainRollout(offer, needs, context.caller)
  const isModelRight = ofModel === undefined
  return explainDeployments(registered, judged, needs, context).map((told) => ({
    told: { ...told, ...rollout },
    offer,
    isModelRight,
  }))
}

function explainDeployments(
  registered: Registered,
  { offer, ofModel, deployments }: Judged,
  needs: Needs,
  context: ExplainContext,
): ExplainedDeployment[] {
  const model = nameOf(offer)
  if (deployments.length === 0) {
    const failed = ofModel ?? { predicate: 'deployed', reason: 'it runs nowhere' }
    return [{ model, failed }]
  }
  const ofVersion = scoreVersion(offer.measured, context)
  return Array.from(deployments, (own): ExplainedDeployment => {
    const { node, placement } = own
    const failed = ofModel ?? deploymentFailure(registered, needs, own, context)
    const contradicted = contradictedOf(offer, own, context)
    const told = { model, node, placement, ...(contradicted.length > 0 ? { contradicted } : {}) }
    if (failed) return { ...told, failed }
    const health = context.board.find(own)
    const score = {
      ...scoreOf(own, ofVersion, health, context),
      expired: expiredOf(offer.measured, placement, context),
    }
    const passedOver = own.unreachableSince !== null || health?.admits(context.now) === false
    return { ...told, score, ...(passedOver ? { passedOver } : {}) }
  })
}

function contradictedOf(
  { measured }: Offer,
  { id }: Deployment,
  { now, measurementsLastMs }: ExplainContext,
): string[] {
  return measured.contradicted
    .filter((own) => own.deployment === id && isFresh(own, now, measurementsLastMs))
    .map(({ detail }) => detail)
}

function deploymentFailure(
  { verifications, policy }: Registered,
  needs: Needs,
  own: Deployment,
  { board, now }: ExplainContext,
): Failure | undefined {
  if (!takesTraffic(own)) {
    const reason = own.state === 'ready' ? 'its weight is 0' : `it is ${own.state}`
    return { predicate: 'state', reason }
  }
  const verification = verifications.get(own.id) ?? PENDING
  if (!isAdmitted(verification, policy.verification)) {
    return { predicate: 'verified', reason: refusalOf(verification) }
  }
  const overSince = board.leases.overSince(own, now)
  if (overSince !== undefined) {
    const reason = `its lease expired ${Math.ceil((now - overSince) / 1_000)} s ago`
    return { predicate: 'lease', reason }
  }
  if (!opensDoor(own.transport, needs.door)) {
    return { predicate: 'door', reason: 'its server takes tensors only' }
  }
  return placeFailure(needs, placeOf(own))
}
