import type { Snapshot } from '../registry/snapshot.ts'
import { findingsOf } from './decide.ts'
import type { Evidence } from './evidence.ts'
import type { Rollout } from './rollout.ts'
import type { SeenRollout } from './rollout-store.ts'

/** A rollout with all that was seen, and what is known by it so far. */
export function showRollout({ rollout, evidence }: SeenRollout): object {
  const { modelId: model, ...own } = rollout
  return {
    model,
    mode: modeOf(rollout),
    ...own,
    evidence: showEvidence(evidence),
    findings: findingsOf(rollout, evidence),
  }
}

/**
 * What a card tells of its version's rollout: as the candidate, or as the version another is to follow.
 *
 * @param seen of the model's rollouts, where it is at hand
 */
export function cardRollout(
  { rollouts }: Pick<Snapshot, 'rollouts'>,
  { id, version }: { id: string; version: string },
  seen: readonly SeenRollout[],
): object | undefined {
  const own = rollouts.get(id) ?? []
  const found =
    own.find(({ candidate }) => candidate === version) ??
    own.find(({ stable, state }) => stable === version && state === 'running')
  if (!found) return undefined
  const { stable, candidate, state, share, reason } = found
  const evidence = seen.find(({ rollout }) => rollout.id === found.id)?.evidence
  const short = evidence && { pairs: evidence.pairs, disagreements: evidence.disagreements }
  return { stable, candidate, state, share, reason, ...(short ? { evidence: short } : {}) }
}

function modeOf({ share }: Rollout): 'shadow' | 'canary' {
  return share === 0 ? 'shadow' : 'canary'
}

/** Sums as what they mean; null where nothing was seen. */
function showEvidence(evidence: Evidence): object {
  const { pairs, disagreements, differenceSum, differenceMax, correlationSum } = evidence
  const { correlations, slower, lastRequest, lastReason } = evidence
  const { stableCalls, stableFailures, stableMs } = evidence
  const { candidateCalls, candidateFailures, candidateMs } = evidence
  return {
    pairs,
    disagreements,
    slower,
    meanDifference: mean(differenceSum, pairs),
    largestDifference: pairs === 0 ? null : differenceMax,
    meanRankCorrelation: mean(correlationSum, correlations),
    stable: { calls: stableCalls, failures: stableFailures, meanMs: mean(stableMs, stableCalls) },
    candidate: {
      calls: candidateCalls,
      failures: candidateFailures,
      meanMs: mean(candidateMs, candidateCalls),
    },
    lastDisagreement: lastRequest === null ? null : { request: lastRequest, reason: lastReason },
  }
}

function mean(sum: number, count: number): number | null {
  return count === 0 ? null : sum / count
}
