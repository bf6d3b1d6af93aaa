import { z } from 'zod'

import type { Placement } from '#shared/manifest.ts'

import { EDGE_LIMITS, HEAP_RESERVE_BYTES, type Plan } from './limits.ts'
import type { EdgeMeasurement } from './measure-worker.ts'

/** Where a model can run, and why. */
export const Verdict = z.object({
  placement: z.enum(['edge', 'native']),
  /** Whether one request fits the CPU time of each plan. */
  plans: z.record(z.string(), z.boolean()),
  reasons: z.array(z.string()),
})
export type Verdict = z.infer<typeof Verdict>

/** Holds what was measured against the limits of an edge isolate, each by its name. */
export function judge(asked: readonly Placement[], measured: EdgeMeasurement | undefined): Verdict {
  if (!asked.includes('edge') || !measured) {
    const reasons = ['its manifest asks for native only, so it was not tried at the edge']
    return { placement: 'native', plans: {}, reasons }
  }
  const memory = measured.memoryAfterLargestBytes + measured.graphBytes
  const checks = [
    check('the Worker', 'MiB', 2 ** 20, measured.workerBytes, EDGE_LIMITS.workerBytes),
    check(
      `linear memory and graph (${HEAP_RESERVE_BYTES / 1e6} MB of the isolate's ${EDGE_LIMITS.memoryBytes / 1e6} MB are left to JavaScript)`,
      'MB',
      1e6,
      memory,
      EDGE_LIMITS.memoryBytes - HEAP_RESERVE_BYTES,
    ),
    check('start-up CPU', 'ms', 1, measured.startupCpuMs, EDGE_LIMITS.startupMs),
    // the first request of an isolate opens the session: it costs most
    check('CPU of the first request', 'ms', 1, measured.firstRequestCpuMs, EDGE_LIMITS.cpuMs.paid),
  ]
  const cpu = Math.max(measured.firstRequestCpuMs, measured.requestCpuMs)
  // as: entries of a const object are its own keys
  const plans = Object.entries(EDGE_LIMITS.cpuMs) as [Plan, number][]
  return {
    placement: checks.every(({ fits }) => fits) ? 'edge' : 'native',
    plans: Object.fromEntries(plans.map(([plan, ms]) => [plan, cpu <= ms])),
    reasons: checks.map(({ sentence }) => sentence),
  }
}

function check(
  what: string,
  unit: string,
  scale: number,
  value: number,
  limit: number,
): { fits: boolean; sentence: string } {
  const fits = value <= limit
  const [a, b] = [value, limit].map((bytes) => Number((bytes / scale).toFixed(1)))
  return { fits, sentence: `${fits ? 'fits' : 'DOES NOT FIT'}: ${what}: ${a} of ${b} ${unit}` }
}
