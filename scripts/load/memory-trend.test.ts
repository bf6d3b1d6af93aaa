import { expect, test } from 'vitest'

import { isBounded, memoryTrend } from './memory-trend.ts'

const MIB = 1024 * 1024
/** A sample every two seconds for ten minutes. */
const over = (bytesAt: (seconds: number) => number) =>
  Array.from({ length: 301 }, (_, i) => ({ at: i * 2, bytes: bytesAt(i * 2) }))

test('tells start, most, end and the slope a minute', () => {
  const trend = memoryTrend(over((at) => (100 + at / 10) * MIB))
  expect([trend.start, trend.max, trend.end].map((bytes) => bytes / MIB)).toEqual([100, 160, 160])
  expect(trend.slope / MIB).toBeCloseTo(6)
  expect(trend.growth / MIB).toBeCloseTo(30)
})

test('a leak is not bounded, were it slow', () => {
  expect(isBounded(memoryTrend(over((at) => (100 + at / 10) * MIB)))).toBe(false)
})

test('what warms up and then breathes is bounded', () => {
  const warming = over((at) => (Math.min(300, 100 + at) + 10 * Math.sin(at)) * MIB)
  expect(isBounded(memoryTrend(warming))).toBe(true)
})

test('what shrinks is bounded', () => {
  expect(isBounded(memoryTrend(over((at) => (500 - at / 2) * MIB)))).toBe(true)
})

test('a single sample has no slope, none is an error', () => {
  expect(memoryTrend([{ at: 0, bytes: MIB }]).slope).toBe(0)
  expect(() => memoryTrend([])).toThrow(/no memory/)
})
