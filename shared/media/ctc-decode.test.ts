import { expect, test } from 'vitest'

import { ctcDecode } from './ctc-decode.ts'

/** One row a step: the class that wins and how surely. */
const steps = (...best: [number, number][]) =>
  Float32Array.from(
    best.flatMap(([winner, probability]) => [0, 1, 2].map((i) => (i === winner ? probability : 0))),
  )

test('merges repeats, keeps doubles that a blank parts, and drops blanks', () => {
  const { text, score } = ctcDecode(steps([1, 1], [1, 1], [0, 1], [1, 0.5], [2, 0.9]), 3, [
    'a',
    'b',
  ])
  expect(text).toBe('aab')
  expect(score).toBeCloseTo((1 + 0.5 + 0.9) / 3)
})

test('reads nothing from blanks alone', () => {
  expect(ctcDecode(steps([0, 1], [0, 1]), 3, ['a', 'b'])).toEqual({ text: '', score: 0 })
})
