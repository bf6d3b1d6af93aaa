import type { Outcome } from './steady-stream.ts'

/** What a fault cost, as `npm run test:faults` prints it. */
export interface Recovery {
  requests: number
  /** Not answered with 200. */
  lost: number
  /** The longest that a request took, in ms. */
  slowestMs: number
  /** From the fault to the end of the last request that asked what had failed, in ms. */
  avoidedAfterMs: number
  /** From the end of the fault to the first answer of what had failed, in ms; absent where it doesn't come back. */
  usedAgainAfterMs?: number
}

declare module 'vitest' {
  interface TaskMeta {
    recovery?: Recovery
  }
}

export interface FaultWindow {
  /** Who failed. */
  node: string
  beganAt: number
  /** Until when its costs are counted: a breaker's probes of what still fails come later and are no news. */
  countedUntil?: number
  /** When it was well again. */
  healedAt?: number
}

export function recoveryOf(
  outcomes: readonly Outcome[],
  { node, beganAt, countedUntil = Infinity, healedAt }: FaultWindow,
): Recovery {
  const during = outcomes.filter(
    ({ endedAt, startedAt }) => endedAt >= beganAt && startedAt < countedUntil,
  )
  const disturbed = during.filter(({ status, failed }) => status !== 200 || failed.includes(node))
  const recovery = {
    requests: outcomes.length,
    lost: outcomes.filter(({ status }) => status !== 200).length,
    slowestMs: Math.max(...outcomes.map(({ startedAt, endedAt }) => endedAt - startedAt)),
    avoidedAfterMs: Math.max(0, ...disturbed.map(({ endedAt }) => endedAt - beganAt)),
  }
  if (healedAt === undefined) return recovery
  const back = outcomes.filter((own) => own.node === node && own.startedAt >= healedAt)
  const usedAgainAt = Math.min(...back.map(({ endedAt }) => endedAt))
  return { ...recovery, usedAgainAfterMs: usedAgainAt - healedAt }
}
