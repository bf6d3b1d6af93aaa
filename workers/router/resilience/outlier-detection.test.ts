import { describe, expect, test } from 'vitest'

import { findOutliers, type IntervalCounts } from './outlier-detection.ts'

function hosts(failures: readonly number[], requests = 1_000): IntervalCounts[] {
  return failures.map((failed, i) => ({ id: `n${i}`, requests, failures: failed }))
}

describe('an outlier', () => {
  test('is a deployment that fails far more often than the others', () => {
    expect(findOutliers(hosts([5, 4, 6, 5, 300]), 0)).toEqual(['n4'])
  })

  test('is none of deployments that all fail alike', () => {
    expect(findOutliers(hosts([300, 300, 300, 300, 300]), 0)).toEqual([])
    expect(findOutliers(hosts([0, 0, 0, 0, 0]), 0)).toEqual([])
  })

  test('is not looked for among fewer than five, or among requests too few to tell', () => {
    expect(findOutliers(hosts([0, 0, 0, 900]), 0)).toEqual([])
    expect(findOutliers(hosts([0, 0, 0, 0, 60], 99), 0)).toEqual([])
  })

  test('is let be when as many are out as may be', () => {
    expect(findOutliers(hosts([5, 4, 6, 5, 300]), 1)).toEqual([])
  })

  test('is one of a tenth at most, the worst of them', () => {
    const failures = Array.from({ length: 40 }, (_, i) => (i < 6 ? 500 + i : 1))
    expect(findOutliers(hosts(failures), 0)).toEqual(['n5', 'n4', 'n3', 'n2'])
  })
})
