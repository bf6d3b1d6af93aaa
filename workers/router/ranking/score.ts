import type { Measured } from '../matching/measured.ts'
import type { DeploymentHealth } from '../resilience/deployment-health.ts'
import type { Candidate } from '../snapshot.ts'
import { WEIGHTS, type Objective, type Terms } from './objective.ts'

/** The time that counts as half: what a small model takes at the edge with the way there. */
const REFERENCE_MS = 20
/** What is expected of a deployment nobody has called or measured yet. */
const PRIOR_MS: Readonly<Record<Candidate['placement'], number>> = { edge: 20, native: 40 }
/** What a call costs where its owner names no figure, in calls at the edge. */
const DEFAULT_COST: Readonly<Record<Candidate['placement'], number>> = { edge: 1, native: 3 }
/** An accuracy nobody measured says as much as a coin. */
const UNKNOWN_QUALITY = 0.5
/** A measurement older than this counts half: the model or its node may have changed. */
export const MEASUREMENT_LASTS_MS = 7 * 24 * 3600 * 1000
/** More than all other terms together: what can't be in time comes after all that can. */
const TOO_LATE = -10
/** More still: what probes can't reach is asked when nobody else is left. */
const UNREACHABLE = -20

export interface ScoreContext {
  objective: Objective | undefined
  /** Milliseconds the caller still waits. */
  timeLeftMs: number
  now: number
}

export interface Score {
  total: number
  terms: Terms
  expectedMs: number
  /** Whether it is expected within the time left. */
  fits: boolean
}

/** How well a deployment suits a request, from what was measured of its model and seen of itself. */
export function scoreOf(
  { placement, cost, unreachableSince }: Pick<Candidate, 'placement' | 'cost' | 'unreachableSince'>,
  measured: Measured,
  health: Pick<DeploymentHealth, 'latency' | 'inFlight'> | undefined,
  { objective, timeLeftMs, now }: ScoreContext,
): Score {
  const alone = health?.latency.mean ?? measured.latencyMs?.value ?? PRIOR_MS[placement]
  const expectedMs = alone * (1 + (health?.inFlight ?? 0))
  const terms: Terms = {
    speed: REFERENCE_MS / (REFERENCE_MS + expectedMs),
    quality: qualityOf(measured, now),
    thrift: 1 / (1 + (cost ?? DEFAULT_COST[placement])),
    near: placement === 'edge' ? 1 : 0,
  }
  const weights = WEIGHTS[objective ?? 'none']
  const fits = alone <= timeLeftMs
  const total =
    terms.speed * weights.speed +
    terms.quality * weights.quality +
    terms.thrift * weights.thrift +
    terms.near * weights.near +
    (fits ? 0 : TOO_LATE) +
    (unreachableSince === null ? 0 : UNREACHABLE)
  return { total, terms, expectedMs, fits }
}

function qualityOf({ accuracy }: Measured, now: number): number {
  if (accuracy === undefined) return UNKNOWN_QUALITY
  const fresh = now - accuracy.at <= MEASUREMENT_LASTS_MS
  return fresh ? accuracy.value : accuracy.value / 2
}
