import { describe, expect, test } from 'vitest'

import { LatencyEstimate } from './latency-estimate.ts'

describe('a latency estimate', () => {
  test('knows nothing before the first answer', () => {
    const latency = new LatencyEstimate()
    expect([latency.mean, latency.quantile(0.95)]).toEqual([undefined, undefined])
  })

  test('rises at once with a slow answer and falls slowly with quick ones', () => {
    const latency = new LatencyEstimate()
    for (let i = 0; i < 100; i++) latency.observe(10, i * 100)
    expect(latency.mean).toBeCloseTo(10)
    latency.observe(500, 10_000)
    expect(latency.mean).toBe(500)
    latency.observe(10, 10_100)
    expect(latency.mean).toBeGreaterThan(480)
    for (let i = 1; i < 500; i++) latency.observe(10, 10_100 + i * 100)
    expect(latency.mean).toBeLessThan(20)
  })

  test('gives no quantile of fewer than twenty answers, and only of the last sixty-four', () => {
    const latency = new LatencyEstimate()
    for (let i = 0; i < 19; i++) latency.observe(900, 0)
    expect(latency.quantile(0.95)).toBeUndefined()
    for (let i = 1; i <= 64; i++) latency.observe(i, 0)
    expect(latency.quantile(0.95)).toBe(61)
    expect(latency.quantile(1)).toBe(64)
  })

  test('is not thrown off by a clock that is set back', () => {
    const latency = new LatencyEstimate()
    latency.observe(10, 10_000)
    latency.observe(5, 0)
    expect(latency.mean).toBe(10)
  })
})
