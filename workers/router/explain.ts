import { modelFailure, placeFailure, type Failure } from './matching/match.ts'
import { isFresh } from './matching/measured.ts'
import type { Needs } from './matching/needs.ts'
import { nameOf, opensDoor, placeOf, takesTraffic, type Offer } from './matching/offer.ts'
import { scoreOf, type Score, type ScoreContext } from './ranking/score.ts'
import type { HealthBoard } from './resilience/health-board.ts'
import { versionKey, type Deployment, type Snapshot } from './snapshot.ts'
import { isAdmitted, PENDING, refusalOf } from './verify/verification.ts'

/** Why a deployment would be asked, or wouldn't. */
export interface ExplainedDeployment {
  model: string
  /** Absent where the model isn't deployed at all. */
  node?: string
  placement?: Deployment['placement']
  /** The first question it fails. */
  failed?: Failure
  /** What it is worth to this request, and why. */
  score?: Score
  /** What of its card was measured to be otherwise. */
  contradicted?: readonly string[]
  /** Whether it would be passed over for now: probes can't reach it, or for this isolate it fails, is full or asked to be left alone. */
  passedOver?: true
}

export interface Explanation {
  /** Best first, then those that fail. */
  deployments: readonly ExplainedDeployment[]
  /** How many more there are than are listed. */
  more: number
}

export interface ExplainContext extends ScoreContext {
  board: HealthBoard
  /** How many deployments to list at most. */
  limit: number
}

type Registered = Pick<Snapshot, 'deploymentsOf' | 'verifications' | 'policy'>

/** What becomes of a request, without running it: each deployment of the offers with its score or its failure. */
export function explain(
  registered: Registered,
  offers: readonly Offer[],
  needs: Needs,
  context: ExplainContext,
): Explanation {
  const all = offers.flatMap((offer) => explainOffer(registered, offer, needs, context))
  const sorted = all.toSorted(
    (a, b) => (b.score?.total ?? -Infinity) - (a.score?.total ?? -Infinity),
  )
  return {
    deployments: sorted.slice(0, context.limit),
    more: Math.max(0, sorted.length - context.limit),
  }
}

function explainOffer(
  registered: Registered,
  offer: Offer,
  needs: Needs,
  context: ExplainContext,
): ExplainedDeployment[] {
  const model = nameOf(offer)
  const ofModel = modelFailure(needs, offer)
  const deployments = registered.deploymentsOf.get(versionKey(offer.model.manifest)) ?? []
  if (deployments.length === 0) {
    const failed = ofModel ?? { predicate: 'deployed', reason: 'it runs nowhere' }
    return [{ model, failed }]
  }
  return Array.from(deployments, (own): ExplainedDeployment => {
    const { node, placement } = own
    const failed = ofModel ?? deploymentFailure(registered, needs, own, context)
    const contradicted = contradictedOf(offer, own, context)
    const told = { model, node, placement, ...(contradicted.length > 0 ? { contradicted } : {}) }
    if (failed) return { ...told, failed }
    const health = context.board.find(own)
    const score = scoreOf(own, offer.measured, health, context)
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
