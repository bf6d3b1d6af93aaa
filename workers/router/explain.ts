import { modelFailure, placeFailure, type Failure } from './matching/match.ts'
import type { Needs } from './matching/needs.ts'
import { nameOf, opensDoor, placeOf, takesTraffic, type Offer } from './matching/offer.ts'
import { scoreOf, type Score, type ScoreContext } from './ranking/score.ts'
import type { HealthBoard } from './resilience/health-board.ts'
import { versionKey, type Deployment, type Snapshot } from './snapshot.ts'

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

/** What becomes of a request, without running it: each deployment of the offers with its score or its failure. */
export function explain(
  { deploymentsOf }: Pick<Snapshot, 'deploymentsOf'>,
  offers: readonly Offer[],
  needs: Needs,
  context: ExplainContext,
): Explanation {
  const all = offers.flatMap((offer) => explainOffer(deploymentsOf, offer, needs, context))
  const sorted = all.toSorted(
    (a, b) => (b.score?.total ?? -Infinity) - (a.score?.total ?? -Infinity),
  )
  return {
    deployments: sorted.slice(0, context.limit),
    more: Math.max(0, sorted.length - context.limit),
  }
}

function explainOffer(
  deploymentsOf: Snapshot['deploymentsOf'],
  offer: Offer,
  needs: Needs,
  context: ExplainContext,
): ExplainedDeployment[] {
  const model = nameOf(offer)
  const ofModel = modelFailure(needs, offer)
  const deployments = deploymentsOf.get(versionKey(offer.model.manifest)) ?? []
  if (deployments.length === 0) {
    const failed = ofModel ?? { predicate: 'deployed', reason: 'it runs nowhere' }
    return [{ model, failed }]
  }
  return Array.from(deployments, (own): ExplainedDeployment => {
    const { node, placement } = own
    const failed = ofModel ?? deploymentFailure(needs, own, context)
    if (failed) return { model, node, placement, failed }
    const health = context.board.find(own)
    const score = scoreOf(own, offer.measured, health, context)
    const passedOver = own.unreachableSince !== null || health?.admits(context.now) === false
    return { model, node, placement, score, ...(passedOver ? { passedOver } : {}) }
  })
}

function deploymentFailure(
  needs: Needs,
  own: Deployment,
  { board, now }: ExplainContext,
): Failure | undefined {
  if (!takesTraffic(own)) {
    const reason = own.state === 'ready' ? 'its weight is 0' : `it is ${own.state}`
    return { predicate: 'state', reason }
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
