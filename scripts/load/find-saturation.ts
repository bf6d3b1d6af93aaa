import { goodputOf, type LoadResult } from './tally.ts'

/** An answer that takes longer is of no use to somebody who waits for it: such goodput doesn't count. */
export const MAX_P99_MS = 1_000
/** A step that brings less than this share more than the best one is no gain. */
const LEAST_GAIN = 0.05
/** So many steps without a gain in a row end the ramp. */
const STEPS_PAST_PEAK = 2
const MOST_CONNECTIONS = 512

export interface RampStep {
  connections: number
  result: LoadResult
}

/** The number of callers that is tried next: doubled until it brings no more; undefined when the ramp is over. */
export function nextConnections(steps: readonly RampStep[]): number | undefined {
  const last = steps.at(-1)
  if (!last) return 1
  const tooSlow = last.result.p99 > MAX_P99_MS
  if (tooSlow || isPastPeak(steps) || last.connections >= MOST_CONNECTIONS) return undefined
  return last.connections * 2
}

function isPastPeak(steps: readonly RampStep[]): boolean {
  if (steps.length <= STEPS_PAST_PEAK) return false
  const before = Math.max(
    ...steps.slice(0, -STEPS_PAST_PEAK).map(({ result }) => goodputOf(result)),
  )
  return steps
    .slice(-STEPS_PAST_PEAK)
    .every(({ result }) => goodputOf(result) < before * (1 + LEAST_GAIN))
}

/**
 * The number of callers that is held next, for long enough to believe: the best of several short steps is better than
 * the mesh is, since it was chosen for that. The next best follows where answers come too late then; undefined when one
 * was held. Throws when none is left.
 */
export function nextHeld(ramp: readonly RampStep[], held: readonly RampStep[]): number | undefined {
  if (held.some(isInTime)) return undefined
  const tried = new Set(held.map(({ connections }) => connections))
  return saturationOf(ramp.filter(({ connections }) => !tried.has(connections))).connections
}

/** The step with the highest goodput whose answers still come in time. Throws when none has. */
export function saturationOf(steps: readonly RampStep[]): RampStep {
  const [best] = steps
    .filter(isInTime)
    .toSorted((a, b) => goodputOf(b.result) - goodputOf(a.result))
  if (!best) throw new Error(`no load was answered with a p99 of ${MAX_P99_MS} ms or less`)
  return best
}

function isInTime({ result: { right, p99 } }: RampStep): boolean {
  return right > 0 && p99 <= MAX_P99_MS
}
