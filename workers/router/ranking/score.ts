import {
  ACCURACY,
  estimateOf,
  isFresh,
  LATENCY,
  type Measured,
  type Measurement,
} from '../matching/measured.ts'
import type { DeploymentHealth } from '../resilience/deployment-health.ts'
import type { Candidate } from '../registry/snapshot.ts'
import { WEIGHTS, type Objective, type Terms } from './objective.ts'

/** The time that counts as half: what a small model takes at the edge with the way there. */
const REFERENCE_MS = 20
/** What is expected of a deployment nobody has called or measured yet. */
const PRIOR_MS: Readonly<Record<Candidate['placement'], number>> = { edge: 20, native: 40 }
/** What a call costs where its owner names no figure, in calls at the edge. */
const DEFAULT_COST: Readonly<Record<Candidate['placement'], number>> = { edge: 1, native: 3 }
/** An accuracy nobody measured says as much as a coin. */
const UNKNOWN_QUALITY = 0.5
/** Neither proven nor disproven. */
const UNKNOWN_PROOF = 0.5
/** More than all other terms together: what can't be in time comes after all that can. */
const TOO_LATE = -10
/** More still: what probes can't reach is asked when nobody else is left. */
const UNREACHABLE = -20

export interface ScoreContext {
  objective: Objective | undefined
  /** Milliseconds the caller still waits. */
  timeLeftMs: number
  now: number
  /** For how many milliseconds a measurement counts. */
  measurementsLastMs: number
}

export interface Score {
  total: number
  terms: Terms
  expectedMs: number
  /** Whether it is expected within the time left. */
  fits: boolean
}

/** What a score says of a model version, whichever deployment of it: worked out once for all that are compared. */
export interface VersionScore {
  quality: number
  /** Of those whose measurements contradict nothing. */
  proof: number
  /** Deployments that lately contradicted the card. */
  contradicting: readonly string[]
  /** Measured lately, in ms. */
  latencyMs: Readonly<Record<Candidate['placement'], number | undefined>>
}

export function scoreVersion(measured: Measured, context: ScoreContext): VersionScore {
  const latency = (placement: Candidate['placement']) => {
    const own = measured.latencyMs[placement]
    return own !== undefined && isCurrent(own, context) ? own.value : undefined
  }
  return {
    quality: qualityOf(measured, context),
    proof: proofOf(measured, context),
    contradicting: measured.contradicted
      .filter((own) => isCurrent(own, context))
      .map((own) => own.deployment),
    latencyMs: { edge: latency('edge'), native: latency('native') },
  }
}

/** How well a deployment suits a request, from what was measured of its model and seen of itself. */
export function scoreOf(
  {
    id,
    placement,
    cost,
    unreachableSince,
  }: Pick<Candidate, 'id' | 'placement' | 'cost' | 'unreachableSince'>,
  { quality, proof, contradicting, latencyMs }: VersionScore,
  health: Pick<DeploymentHealth, 'latency' | 'inFlight'> | undefined,
  { objective, timeLeftMs, now }: ScoreContext,
): Score {
  const otherwise = latencyMs[placement] ?? PRIOR_MS[placement]
  const alone = health ? health.latency.mean(now, otherwise) : otherwise
  const expectedMs = alone * (1 + (health?.inFlight ?? 0))
  const terms: Terms = {
    speed: REFERENCE_MS / (REFERENCE_MS + expectedMs),
    quality,
    thrift: 1 / (1 + (cost ?? DEFAULT_COST[placement])),
    near: placement === 'edge' ? 1 : 0,
    proof: proof > 0 && contradicting.includes(id) ? 0 : proof,
  }
  const weights = WEIGHTS[objective ?? 'none']
  const fits = alone <= timeLeftMs
  const total =
    terms.speed * weights.speed +
    terms.quality * weights.quality +
    terms.thrift * weights.thrift +
    terms.near * weights.near +
    terms.proof * weights.proof +
    (fits ? 0 : TOO_LATE) +
    (unreachableSince === null ? 0 : UNREACHABLE)
  return { total, terms, expectedMs, fits }
}

function isCurrent(
  measurement: Pick<Measurement, 'measuredAt'>,
  { now, measurementsLastMs }: ScoreContext,
): boolean {
  return isFresh(measurement, now, measurementsLastMs)
}

/** Of the evidence that still counts, the best. */
function qualityOf({ accuracy }: Measured, context: ScoreContext): number {
  const [best] = accuracy
  if (best === undefined) return UNKNOWN_QUALITY
  const current = accuracy.find((own) => isCurrent(own, context))
  return current ? estimateOf(current) : Math.min(UNKNOWN_QUALITY, estimateOf(best))
}

function proofOf({ accuracy }: Measured, context: ScoreContext): number {
  if (accuracy.length === 0) return UNKNOWN_PROOF
  return accuracy.some((own) => isCurrent(own, context)) ? 1 : 0
}

/** What was measured too long ago to count for a deployment at this place. */
export function expiredOf(
  { accuracy, latencyMs }: Measured,
  placement: Candidate['placement'],
  context: ScoreContext,
): readonly string[] {
  const latency = latencyMs[placement]
  const accuracyCounts = accuracy.length === 0 || accuracy.some((own) => isCurrent(own, context))
  const latencyCounts = latency === undefined || isCurrent(latency, context)
  return [...(accuracyCounts ? [] : [ACCURACY]), ...(latencyCounts ? [] : [LATENCY])]
}
