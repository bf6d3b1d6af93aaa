import { describe, expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'

import { drawByWeight, weightedList } from './weighted-list.ts'

const list = (...weights: number[]) => weightedList(weights.map((weight, id) => ({ id, weight })))

describe('drawing by weight', () => {
  test('takes the first in proportion to the weights', () => {
    const points = Array.from({ length: 1_000 }, (_, i) => i / 1_000)
    const first = points.map((point) => drawByWeight(list(1, 3), 1, () => point)[0]?.id)
    expect(first.filter((id) => id === 1)).toHaveLength(750)
  })

  test('names each once and no more than asked for, were the draw always the same', () => {
    const drawn = drawByWeight(list(...Array.from({ length: 50 }, () => 1)), 8, () => 0.999_999)
    expect(new Set(drawn).size).toBe(8)
    expect(drawByWeight(list(1, 1), 8, () => 0)).toHaveLength(2)
    expect(drawByWeight(list(), 8, () => 0)).toEqual([])
  })

  test('finds the only one that is in among many that are out, and nothing where none is', () => {
    const many = list(...Array.from({ length: 1_000 }, () => 1))
    const drawn = drawByWeight(
      many,
      8,
      () => 0.5,
      ({ id }) => id === 3,
    )
    expect(drawn.map(({ id }) => id)).toEqual([3])
    expect(drawByWeight(many, 8, Math.random, () => false)).toEqual([])
  })

  test('does not load the neighbour of what is out alone', () => {
    const random = seededRandom(1)
    const hundred = list(...Array.from({ length: 100 }, () => 1))
    const counts = new Map<number, number>()
    for (let i = 0; i < 10_000; i++) {
      const [one] = drawByWeight(hundred, 1, random, ({ id }) => id >= 50)
      if (one) counts.set(one.id, (counts.get(one.id) ?? 0) + 1)
    }
    expect(counts.size).toBe(50)
    // a fiftieth each; the one that follows on the fifty that are out would have half
    expect(Math.max(...counts.values())).toBeLessThan(400)
  })
})
