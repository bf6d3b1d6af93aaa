/** A rollout of the fixtures' model for tests: version 2 after version 1, half of the callers. */
import type { Rollout } from './rollout.ts'

export function rollout(overrides: Partial<Rollout> = {}): Rollout {
  return {
    id: 'run-1',
    modelId: 'tone',
    stable: '1',
    candidate: '2',
    share: 0.5,
    mirror: 1,
    state: 'running',
    maxDisagreement: 0.05,
    maxFailures: 0.05,
    maxLatencyRatio: null,
    tolerance: 0.01,
    errorRate: 0.05,
    maxPairs: 10_000,
    startedAt: 1_000,
    expiresAt: 2_000_000,
    decidedAt: null,
    reason: null,
    ...overrides,
  }
}
