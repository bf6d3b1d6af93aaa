import { expect, test } from 'vitest'

import { ModelCounter } from './model-counter.ts'

test('counts rows, runs and time, failures apart', () => {
  const counter = new ModelCounter()
  counter.run()
  counter.run()
  counter.succeed({ queueMs: 1, computeMs: 2.5 }, 8)
  counter.fail(4)
  expect(counter.statistics('tone', '2')).toMatchObject({
    name: 'tone',
    version: '2',
    inference_count: 8,
    execution_count: 2,
    inference_stats: {
      success: { count: 1, ns: 3_500_000 },
      fail: { count: 1, ns: 4_000_000 },
      queue: { count: 1, ns: 1_000_000 },
      compute_infer: { count: 1, ns: 2_500_000 },
      cache_hit: { count: 0, ns: 0 },
    },
  })
})
