import { expect, test } from 'vitest'

import { resizeMask } from './resize-mask.ts'

const mask = { width: 2, height: 2, data: Float32Array.of(0, 1, 0.5, 0.5) }
const toByte = (value: number) => Math.round(value * 200)

test('keeps a mask of the same size', () => {
  expect([...resizeMask(mask, 2, 2, toByte)]).toEqual([0, 200, 100, 100])
})

test('interpolates between centres and goes on beyond them', () => {
  expect([...resizeMask(mask, 4, 2, toByte)]).toEqual([0, 50, 150, 200, 100, 100, 100, 100])
  expect([...resizeMask(mask, 2, 4, toByte)]).toEqual([0, 200, 25, 175, 75, 125, 100, 100])
})

test('answers one pixel from the middle', () => {
  expect([...resizeMask(mask, 1, 1, toByte)]).toEqual([100])
})

test.each([
  [1, 300],
  [300, 1],
  [7, 3],
])('fills every pixel at %i×%i and leaves the range of the samples nowhere', (width, height) => {
  const bytes = resizeMask(
    { ...mask, data: Float32Array.of(0.2, 0.9, 0.3, 0.6) },
    width,
    height,
    toByte,
  )
  expect(bytes).toHaveLength(width * height)
  expect(Math.min(...bytes)).toBeGreaterThanOrEqual(40)
  expect(Math.max(...bytes)).toBeLessThanOrEqual(180)
})
