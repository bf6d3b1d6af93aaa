import { expect, test } from 'vitest'

import { AttemptCounts } from './attempt-counts.ts'

const TONE = { name: 'tone', version: '1' }
const attempt = (outcome: 'ok' | 'unreachable', ms: number) =>
  ({ model: 'tone@1', node: 'n', placement: 'edge', kind: 'first', outcome, ms }) as const

test('counts what answered apart from what failed, with the time of each', () => {
  const counts = new AttemptCounts()
  counts.note([attempt('unreachable', 2), attempt('ok', 1.5)])
  counts.note([attempt('ok', 0.5)])
  expect(counts.statisticsOf(TONE)).toMatchObject({
    inference_count: 2,
    execution_count: 2,
    inference_stats: {
      success: { count: 2, ns: 2_000_000 },
      fail: { count: 1, ns: 2_000_000 },
      queue: { count: 0, ns: 0 },
    },
  })
  expect(counts.statisticsOf(TONE).last_inference).toBeGreaterThan(0)
})

test('knows nothing of another version', () => {
  const counts = new AttemptCounts()
  counts.note([attempt('ok', 1)])
  const other = counts.statisticsOf({ ...TONE, version: '2' })
  expect(other).toMatchObject({ last_inference: 0, inference_count: 0 })
})

test('does not take a failure for an inference', () => {
  const counts = new AttemptCounts()
  counts.note([attempt('unreachable', 1)])
  expect(counts.statisticsOf(TONE)).toMatchObject({ last_inference: 0, inference_count: 0 })
})
