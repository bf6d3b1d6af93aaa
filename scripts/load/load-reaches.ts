import { isBounded, type MemoryTrend } from './memory-trend.ts'
import type { RampStep } from './find-saturation.ts'
import { goodputOf, type LoadResult } from './tally.ts'

/** What a whole run has measured. */
export interface LoadRun {
  ramp: readonly RampStep[]
  /** Steps of it made again, for longer: the last is saturation. */
  held: readonly RampStep[]
  /** Right answers a second then. */
  peak: number
  /** At 80 % of it. */
  steady: LoadResult
  /** Saturation once more, after that: what the machine itself does changes within minutes. */
  again: RampStep
  /** At three times of it. */
  overload: LoadResult
  memory: readonly ProcessMemory[]
}

export interface ProcessMemory {
  name: string
  whole: MemoryTrend
  /** While the load was steady. */
  steady: MemoryTrend
}

/** What must be so, and whether it is. */
export interface Reach {
  rule: string
  measured: string
  isMet: boolean
}

const MAX_P99_RATIO = 5
const LEAST_STEADY_SHARE = 0.99
const LEAST_OVERLOAD_SHARE = 0.8
/** Of what isn't answered under overload. */
const LEAST_SHED_SHARE = 0.95

export function loadReaches(run: LoadRun): Reach[] {
  const { ramp, held, peak, steady, again, overload, memory } = run
  const all = [...[...ramp, ...held, again].map(({ result }) => result), steady, overload]
  const lost = all.reduce((sum, result) => sum + result.lost, 0)
  const answered = steady.right / steady.sent
  const ratios = Object.values(steady.capabilities).map(({ p50, p99 }) => p99 / p50)
  const goodput = goodputOf(overload) / peak
  const growing = memory.filter((own) => !isBounded(own.steady)).map(({ name }) => name)
  return [
    {
      rule: 'no answer is lost: each is right, or a typed error',
      measured: `${lost} of ${all.reduce((sum, { sent }) => sum + sent, 0)} lost`,
      isMet: lost === 0,
    },
    {
      rule: `at 80 % of saturation at least ${LEAST_STEADY_SHARE} are answered`,
      measured: answered.toFixed(4),
      isMet: answered >= LEAST_STEADY_SHARE,
    },
    {
      rule: `at 80 % of saturation p99 ≤ ${MAX_P99_RATIO} × p50 of each capability`,
      measured: ratios.map((ratio) => ratio.toFixed(2)).join(', '),
      isMet: ratios.length > 0 && ratios.every((ratio) => ratio <= MAX_P99_RATIO),
    },
    {
      rule: `at three times saturation goodput ≥ ${LEAST_OVERLOAD_SHARE} of the peak`,
      measured: `${goodputOf(overload).toFixed(0)}/s = ${goodput.toFixed(2)} × ${peak.toFixed(0)}/s`,
      isMet: goodput >= LEAST_OVERLOAD_SHARE,
    },
    {
      rule: `at three times saturation at least ${LEAST_SHED_SHARE} of the rest is shed: a typed 503 with retry-after`,
      measured: `${overload.shed} shed, ${overload.refused} refused otherwise`,
      isMet: overload.shed >= (overload.shed + overload.refused) * LEAST_SHED_SHARE,
    },
    {
      rule: 'memory is bounded while the load is steady',
      measured: growing.length === 0 ? 'no process grows' : `growing: ${growing.join(', ')}`,
      isMet: growing.length === 0,
    },
  ]
}
