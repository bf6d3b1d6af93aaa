import { expect, test } from 'vitest'

import {
  MAX_P99_MS,
  nextConnections,
  nextHeld,
  saturationOf,
  type RampStep,
} from './find-saturation.ts'

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

/** Steps that were held: `p99` by the number of callers. */
function heldSteps(p99s: Readonly<Record<number, number>>): RampStep[] {
  return Object.entries(p99s).flatMap(([connections, p99]) =>
    ramp([100], p99).map(({ result }) => ({ connections: Number(connections), result })),
  )
}

test('the best step is held, whatever it brings then, as long as it is in time', () => {
  const steps = ramp([100, 300, 290])
  expect(nextHeld(steps, [])).toBe(2)
  expect(nextHeld(steps, heldSteps({ 2: MAX_P99_MS }))).toBeUndefined()
})

test('the next best is held where the best comes too late when it is held', () => {
  const steps = ramp([100, 300, 290])
  const late = MAX_P99_MS + 1
  expect(nextHeld(steps, heldSteps({ 2: late }))).toBe(4)
  expect(nextHeld(steps, heldSteps({ 2: late, 4: late }))).toBe(1)
  expect(() => nextHeld(steps, heldSteps({ 1: late, 2: late, 4: late }))).toThrow(
    /no load was answered/,
  )
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
