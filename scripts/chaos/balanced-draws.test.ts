import { expect, test } from 'vitest'

import { balancedDraws, seededRandom } from './balanced-draws.ts'

const share = (states: readonly boolean[]) => states.filter(Boolean).length / states.length

test('each deployment is up in the share of epochs asked for, and all are down together as seldom as by chance', () => {
  const drawn = balancedDraws(0.7, 3, 1_000, seededRandom(7))
  for (const i of [0, 1, 2])
    expect(share(drawn.map((states) => states[i] === true))).toBeCloseTo(0.7, 2)
  expect(share(drawn.map((states) => !states.includes(true)))).toBeCloseTo(0.027, 2)
})

test('the same seed draws the same, another another', () => {
  const draw = (seed: number) => balancedDraws(0.5, 2, 50, seededRandom(seed))
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
})

test('at 1 nothing is ever down', () => {
  expect(balancedDraws(1, 2, 10, seededRandom(1)).flat()).not.toContain(false)
})
