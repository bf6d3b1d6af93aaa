import { expect, test } from 'vitest'

import { spearman } from './spearman.ts'

test('is 1 where the order is the same and -1 where it is the reverse', () => {
  expect(spearman([1, 20, 3, 4], [0.1, 9, 0.2, 0.3])).toBe(1)
  expect(spearman([1, 2, 3], [9, 5, 4])).toBe(-1)
})

test('gives equal values one rank', () => {
  // ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: covariance 4.5, squares 4.5 and 5
  expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5))
})
