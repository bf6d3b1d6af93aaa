import { expect, test } from 'vitest'

import { makeAnchors } from './anchors.ts'
import { overlap, suppressOverlaps } from './suppress-overlaps.ts'

const box = (xmin: number, ymin: number, side: number) => ({
  xmin,
  ymin,
  xmax: xmin + side,
  ymax: ymin + side,
})

test('makes the 896 anchors of the front model, all inside the picture', () => {
  const anchors = makeAnchors(128)
  expect(anchors).toHaveLength(896)
  expect(anchors[0]).toEqual({ x: 0.5 / 16, y: 0.5 / 16 })
  expect(anchors[512]).toEqual({ x: 0.5 / 8, y: 0.5 / 8 })
  expect(anchors.every(({ x, y }) => x > 0 && x < 1 && y > 0 && y < 1)).toBe(true)
})

test('measures how far boxes overlap', () => {
  expect(overlap(box(0, 0, 10), box(0, 0, 10))).toBe(1)
  expect(overlap(box(0, 0, 10), box(10, 0, 10))).toBe(0)
  expect(overlap(box(0, 0, 10), box(5, 0, 10))).toBeCloseTo(1 / 3)
  expect(overlap(box(0, 0, 0), box(0, 0, 10))).toBe(0)
})

test('keeps the best of those that overlap and all that do not', () => {
  const best = { score: 0.9, box: box(0, 0, 10) }
  const same = { score: 0.8, box: box(1, 1, 10) }
  const apart = { score: 0.7, box: box(50, 50, 10) }
  expect(suppressOverlaps([same, apart, best], 0.3)).toEqual([best, apart])
})
