import { describe, expect, test } from 'vitest'

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
})
