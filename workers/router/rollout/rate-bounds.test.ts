import { expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'

import { rateBounds } from './rate-bounds.ts'

test('nothing is known before the first trial', () => {
  expect(rateBounds(0, 0, 0.05)).toEqual({ lower: 0, upper: 1 })
})

test('where all trials are alike the bound is the one of the formula', () => {
  // (1 − p) ** n = error / (n + 1)
  const { lower, upper } = rateBounds(0, 100, 0.05)
  expect(lower).toBe(0)
  expect(upper).toBeCloseTo(1 - (0.05 / 101) ** (1 / 100), 6)
  expect(rateBounds(100, 100, 0.05)).toEqual({ lower: expect.closeTo(1 - upper, 6), upper: 1 })
})

test('bounds surround what was seen, close in with trials and widen with certainty', () => {
  const width = (count: number, error: number) => {
    const { lower, upper } = rateBounds(count / 5, count, error)
    expect(lower).toBeLessThan(0.2)
    expect(upper).toBeGreaterThan(0.2)
    return upper - lower
  }
  const widths = [10, 100, 1_000, 100_000, 1_000_000].map((count) => width(count, 0.05))
  expect(widths).toEqual(widths.toSorted((a, b) => b - a))
  expect(widths.at(-1)).toBeLessThan(0.01)
  expect(width(1_000, 0.001)).toBeGreaterThan(width(1_000, 0.1))
})

test.each([0, 0.02, 0.1, 0.5, 0.97, 1])(
  'a rate of %d is within the bounds at every one of 2,000 looks, but for the share stated',
  (rate) => {
    const [error, runs] = [0.1, 400]
    const random = seededRandom(7)
    let wrong = 0
    for (let run = 0; run < runs; run++) {
      let hits = 0
      for (let count = 1; count <= 2_000; count++) {
        if (random() < rate) hits++
        // later looks are seldom enough to find what every one would have found
        if (count > 50 && count % 10 !== 0) continue
        const { lower, upper } = rateBounds(hits, count, error)
        if (rate >= lower && rate <= upper) continue
        wrong++
        break
      }
    }
    expect(wrong / runs).toBeLessThanOrEqual(error)
  },
)
