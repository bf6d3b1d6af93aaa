import { describe, expect, test } from 'vitest'

import { LatencyEstimate } from './latency-estimate.ts'

const OTHERWISE = 40
const MINUTE = 60_000

/** Of a deployment that answered a hundred times, ten a second, the last time at 9,900. */
function acquainted(ms: number): LatencyEstimate {
  const latency = new LatencyEstimate()
  for (let i = 0; i < 100; i++) latency.observe(ms, i * 100)
  return latency
}

describe('a latency estimate', () => {
  test('is what is expected of anyone before the first answer', () => {
    const latency = new LatencyEstimate()
    expect([latency.mean(0, OTHERWISE), latency.quantile(0.95)]).toEqual([OTHERWISE, undefined])
  })

  test('rises at once with a slow answer and falls slowly with quick ones', () => {
    const latency = acquainted(10)
    expect(latency.mean(9_900, OTHERWISE)).toBeCloseTo(10)
    latency.observe(500, 10_000)
    expect(latency.mean(10_000, OTHERWISE)).toBeCloseTo(500)
    latency.observe(10, 10_100)
    expect(latency.mean(10_100, OTHERWISE)).toBeGreaterThan(450)
    for (let i = 1; i < 500; i++) latency.observe(10, 10_100 + i * 100)
    expect(latency.mean(60_000, OTHERWISE)).toBeLessThan(15)
  })

  /** Else who was late once was never called again while another of its pool was any better. */
  test('forgets a slow answer also while nobody calls', () => {
    const latency = acquainted(10)
    latency.observe(5_000, 10_000)
    const after = (ms: number) => latency.mean(10_000 + ms, OTHERWISE)
    expect(after(1_000)).toBeGreaterThan(2_000)
    expect(after(30_000)).toBeLessThan(40)
    latency.observe(10, 40_000)
    expect(latency.mean(40_000, OTHERWISE)).toBeLessThan(40)
  })

  test('remembers for longer what is usual', () => {
    const latency = acquainted(3_000)
    const after = (ms: number) => latency.mean(9_900 + ms, OTHERWISE)
    expect(after(MINUTE)).toBeGreaterThan(1_000)
    expect(after(60 * MINUTE)).toBeCloseTo(OTHERWISE)
  })

  test('believes no more in a first slow answer than in any: it may have been a cold start', () => {
    const latency = new LatencyEstimate()
    latency.observe(2_000, 0)
    for (let i = 1; i <= 20; i++) latency.observe(10, i * 100)
    expect(latency.mean(30_000, OTHERWISE)).toBeLessThan(20)
  })

  test('tells what has become slow from what was slow once', () => {
    const latency = acquainted(10)
    for (let i = 0; i < 40; i++) latency.observe(400, 10_000 + i * 100)
    expect(latency.mean(14_000 + 30_000, OTHERWISE)).toBeGreaterThan(200)
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
    expect(latency.mean(0, OTHERWISE)).toBeCloseTo(10)
  })

  /** Workerd's clock stands still while nothing is read or written. */
  test.each([
    ['an answer', 0, OTHERWISE],
    ['an expectation', 10, 0],
  ])('bears %s of no time at all', (_, ms, otherwise) => {
    const latency = new LatencyEstimate()
    latency.observe(ms, 0)
    for (const now of [0, MINUTE, 600 * MINUTE]) {
      const mean = latency.mean(now, otherwise)
      expect(mean).toBeGreaterThan(0)
      expect(mean).toBeLessThanOrEqual(OTHERWISE)
    }
  })
})
