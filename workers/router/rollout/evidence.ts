import type { rolloutEvidence } from '#shared/schema.ts'

/** What was seen of both versions of a rollout: sums, so that what isolates have seen can be added. */
export type Evidence = Omit<typeof rolloutEvidence.$inferSelect, 'rolloutId'>

export const NO_EVIDENCE: Evidence = {
  pairs: 0,
  disagreements: 0,
  slower: 0,
  differenceSum: 0,
  differenceMax: 0,
  correlationSum: 0,
  correlations: 0,
  stableCalls: 0,
  stableFailures: 0,
  stableMs: 0,
  candidateCalls: 0,
  candidateFailures: 0,
  candidateMs: 0,
  lastRequest: null,
  lastReason: null,
}

/** What one request has shown. */
export interface Observation extends Partial<Evidence> {
  rolloutId: string
}

/** The observations as one row a rollout. */
export function sumObservations(
  observations: readonly Observation[],
): (Evidence & { rolloutId: string })[] {
  const byRollout = Map.groupBy(observations, ({ rolloutId }) => rolloutId)
  return Array.from(byRollout, ([rolloutId, own]) => ({
    ...own.reduce<Evidence>(addEvidence, NO_EVIDENCE),
    rolloutId,
  }))
}

function addEvidence(sum: Evidence, more: Partial<Evidence>): Evidence {
  const added = { ...NO_EVIDENCE, ...more }
  return {
    pairs: sum.pairs + added.pairs,
    disagreements: sum.disagreements + added.disagreements,
    slower: sum.slower + added.slower,
    differenceSum: sum.differenceSum + added.differenceSum,
    differenceMax: Math.max(sum.differenceMax, added.differenceMax),
    correlationSum: sum.correlationSum + added.correlationSum,
    correlations: sum.correlations + added.correlations,
    stableCalls: sum.stableCalls + added.stableCalls,
    stableFailures: sum.stableFailures + added.stableFailures,
    stableMs: sum.stableMs + added.stableMs,
    candidateCalls: sum.candidateCalls + added.candidateCalls,
    candidateFailures: sum.candidateFailures + added.candidateFailures,
    candidateMs: sum.candidateMs + added.candidateMs,
    lastRequest: added.lastRequest ?? sum.lastRequest,
    lastReason: added.lastReason ?? sum.lastReason,
  }
}
