import { expect, test } from 'vitest'

import { chooseThreshold } from './choose-threshold.ts'

test('lies halfway between the last found and the first passed over', () => {
  expect(
    chooseThreshold([
      { score: 4, label: 1 },
      { score: 3, label: 1 },
      { score: 1, label: 0 },
      { score: -2, label: 1 },
      { score: -3, label: 0 },
      { score: -3, label: 0 },
      { score: -4, label: 0 },
    ]),
  ).toBe(-2.5)
})

test('does not cut through equal scores', () => {
  expect(
    chooseThreshold([
      { score: 2, label: 1 },
      { score: 1, label: 0 },
      { score: 1, label: 0 },
      { score: 1, label: 1 },
      { score: 0, label: 0 },
    ]),
  ).toBe(1.5)
})
