import type { Evidence } from './evidence.ts'
import { rateBounds, type Bounds } from './rate-bounds.ts'
import type { Rollout } from './rollout.ts'

/** No verdict on fewer: the first requests may be one and the same input again and again. */
export const MIN_PAIRS = 20
/** Nor on fewer calls; a circuit breaker lets no more through of a deployment that always fails. */
export const MIN_CALLS = 5
/** What takes longer than allowed half of the time has a median beyond the ratio. */
const MAX_SLOWER = 0.5

export interface Verdict {
  state: 'promoted' | 'rolled_back' | 'held'
  reason: string
}

/** One question put to the evidence, with what is known of its answer. */
export interface Finding {
  question: 'disagreement' | 'failures' | 'latency'
  bounds: Bounds
  limit: number
  /** `good`: within the limit beyond doubt. `bad`: beyond it beyond doubt. */
  says: 'good' | 'bad' | 'open'
}

/**
 * What the evidence says so far, question by question. A candidate whose true rates are all within their limits is
 * ever found bad with a probability of `errorRate` at most, however often this is asked, and one with a rate beyond
 * its limit is ever found good in all of them with the same at most.
 */
export function findingsOf(
  { maxDisagreement, maxFailures, maxLatencyRatio, errorRate }: Rollout,
  evidence: Evidence,
): Finding[] {
  const { pairs, disagreements, slower, candidateCalls } = evidence
  const ofLatency = maxLatencyRatio === null ? 0 : 1
  // any one of the questions may err
  const error = errorRate / (2 + ofLatency)
  const differing = rateBounds(disagreements, pairs, error)
  const findings = [
    finding('disagreement', differing, maxDisagreement, pairs >= MIN_PAIRS),
    finding('failures', moreFailures(evidence, error), maxFailures, candidateCalls >= MIN_CALLS),
  ]
  if (ofLatency === 0) return findings
  const late = rateBounds(slower, pairs, error)
  return [...findings, finding('latency', late, MAX_SLOWER, pairs >= MIN_PAIRS)]
}

/** By how much the candidate fails more often than the stable version: two rates, each of which may be misjudged. */
function moreFailures(
  { stableCalls, stableFailures, candidateCalls, candidateFailures }: Evidence,
  error: number,
): Bounds {
  const stable = rateBounds(stableFailures, stableCalls, error / 2)
  const candidate = rateBounds(candidateFailures, candidateCalls, error / 2)
  return { lower: candidate.lower - stable.upper, upper: candidate.upper - stable.lower }
}

function finding(
  question: Finding['question'],
  bounds: Bounds,
  limit: number,
  isEnough: boolean,
): Finding {
  return { question, bounds, limit, says: isEnough ? judge(bounds, limit) : 'open' }
}

function judge({ lower, upper }: Bounds, limit: number): Finding['says'] {
  if (lower > limit) return 'bad'
  return upper <= limit ? 'good' : 'open'
}

/**
 * Promote, roll back, hold, or go on (undefined). Rolled back as soon as one question is answered badly, promoted
 * when all are answered well, held when there is neither at the most pairs or at the end of its time.
 */
export function decide(rollout: Rollout, evidence: Evidence, now: number): Verdict | undefined {
  const findings = findingsOf(rollout, evidence)
  const bad = findings.find(({ says }) => says === 'bad')
  if (bad) return { state: 'rolled_back', reason: tell(bad, 'over') }
  if (findings.every(({ says }) => says === 'good')) {
    return { state: 'promoted', reason: findings.map((own) => tell(own, 'within')).join('; ') }
  }
  const { pairs, candidateCalls } = evidence
  if (Math.max(pairs, candidateCalls) >= rollout.maxPairs) {
    return { state: 'held', reason: `nothing is shown after ${pairs} pairs of answers` }
  }
  if (now < rollout.expiresAt) return undefined
  return {
    state: 'held',
    reason: `its time is over, and nothing is shown by ${pairs} pairs of answers`,
  }
}

const ASKED: Readonly<Record<Finding['question'], string>> = {
  disagreement: 'answers that differ',
  failures: 'failures more than of the stable version',
  latency: 'answers that take longer than allowed',
}

function tell({ question, bounds, limit }: Finding, side: 'over' | 'within'): string {
  const known =
    side === 'over' ? `at least ${percent(bounds.lower)}` : `at most ${percent(bounds.upper)}`
  return `${ASKED[question]}: ${known}, limit ${percent(limit)}`
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)} %`
}
