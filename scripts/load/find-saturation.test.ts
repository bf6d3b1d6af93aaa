import { expect, test } from 'vitest'

import { MAX_P99_MS, nextConnections, saturationOf, type RampStep } from './find-saturation.ts'

/** Steps of a ramp by right answers in ten seconds, with doubling connections. */
function ramp(rights: readonly number[], p99 = 50): RampStep[] {
  return rights.map((right, i) => ({
    connections: 2 ** i,
    result: {
      seconds: 10,
      sent: right,
      right,
      shed: 0,
      refused: 0,
      lost: 0,
      reasons: {},
      p50: 10,
      p99,
      capabilities: {},
      minutes: [],
    },
  }))
}

test('begins with one caller and doubles them while that brings more', () => {
  expect(nextConnections([])).toBe(1)
  expect(nextConnections(ramp([100]))).toBe(2)
  expect(nextConnections(ramp([100, 190, 380]))).toBe(8)
})

test('goes on after a single step without a gain, and ends after two', () => {
  expect(nextConnections(ramp([100, 190, 192]))).toBe(8)
  expect(nextConnections(ramp([100, 190, 192, 180]))).toBeUndefined()
})

test('ends where answers come too late, and where there are enough callers', () => {
  expect(nextConnections(ramp([100], MAX_P99_MS + 1))).toBeUndefined()
  expect(nextConnections(ramp(Array.from({ length: 10 }, (_, i) => 2 ** i)))).toBeUndefined()
})

test('is the step with the most right answers a second', () => {
  expect(saturationOf(ramp([100, 300, 290])).connections).toBe(2)
})

test('leaves out steps whose answers come too late', () => {
  const steps = [...ramp([100, 200]), ...ramp([900], MAX_P99_MS + 1)]
  expect(saturationOf(steps).result.right).toBe(200)
})

test('is none where nothing was answered in time', () => {
  expect(() => saturationOf(ramp([100], MAX_P99_MS + 1))).toThrow(/no load was answered/)
  expect(() => saturationOf(ramp([0]))).toThrow(/no load was answered/)
})
