import { expect, test } from 'vitest'

import { commonComponent } from './common-component.ts'
import { DIMENSIONS } from './read-word-vectors.ts'

test('finds the direction that all words share', () => {
  const words = ['one', 'two', 'three', 'four']
  const vectors = new Float32Array(words.length * DIMENSIONS)
  words.forEach((_, i) => {
    vectors[i * DIMENSIONS + 7] = 3 // of each
    vectors[i * DIMENSIONS + 20 + i] = 1 // its own
  })
  const common = commonComponent({ words, vectors })
  expect(common[7]).toBeGreaterThan(0.9)
  expect(Math.hypot(...common)).toBeCloseTo(1)
})
