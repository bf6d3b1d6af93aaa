import { ERROR_CODES } from '#shared/error-codes.ts'

import type { Attempt } from '../dispatch/attempt-record.ts'
import { unlike } from './compare/alike.ts'
import type { Comparison } from './comparer.ts'
import type { Evidence } from './evidence.ts'
import type { Rollout } from './rollout.ts'

/** Says nothing of the version: its node has no room, is going away, or another was quicker. */
const SAYS_NOTHING: ReadonlySet<Attempt['outcome']> = new Set([
  'cancelled',
  'overloaded',
  'queue_full',
  'shed',
  'shutting_down',
])
/** A clock of whole milliseconds can't tell less apart. */
const LEAST_MS = 1

/** One version refused an input that the other has answered. */
export const UNLIKE_REFUSED: Comparison = unlike('one refused what the other answered')

/** What the call of one version shows. */
export function observeCall(
  { outcome, ms }: Pick<Attempt, 'outcome' | 'ms'>,
  isCandidate: boolean,
  isFailed = isFailure(outcome),
): Partial<Evidence> {
  if (SAYS_NOTHING.has(outcome)) return {}
  const failures = Number(isFailed)
  return isCandidate
    ? { candidateCalls: 1, candidateFailures: failures, candidateMs: ms }
    : { stableCalls: 1, stableFailures: failures, stableMs: ms }
}

export function isFailure(outcome: Attempt['outcome']): boolean {
  return outcome !== 'ok' && outcome !== 'cancelled' && ERROR_CODES[outcome].status >= 500
}

/** Of the input, which may be right. */
export function isComplaint(outcome: Attempt['outcome']): boolean {
  return outcome !== 'ok' && outcome !== 'cancelled' && ERROR_CODES[outcome].status < 500
}

/** What two answers to one request show. */
export function observePair(
  { agrees, difference, correlation, reason = '' }: Comparison,
  {
    rollout: { maxLatencyRatio },
    stableMs,
    candidateMs,
    request,
  }: { rollout: Rollout; stableMs: number; candidateMs: number; request: string },
): Partial<Evidence> {
  const isSlower =
    maxLatencyRatio !== null && candidateMs > maxLatencyRatio * Math.max(stableMs, LEAST_MS)
  return {
    pairs: 1,
    disagreements: Number(!agrees),
    slower: Number(isSlower),
    differenceSum: difference,
    differenceMax: difference,
    ...(correlation === undefined ? {} : { correlationSum: correlation, correlations: 1 }),
    ...(agrees ? {} : { lastRequest: request, lastReason: reason }),
  }
}
