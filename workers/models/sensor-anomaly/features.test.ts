import { expect, test } from 'vitest'

import { FEATURES, featuresOf } from './features.ts'
import { runningMedian } from './running-median.ts'

test('takes the median of the values before each one, within the window', () => {
  expect(runningMedian([5, 1, 9, 3, 3, 7], 3)).toEqual([5, 5, 5, 5, 3, 3])
})

test('has nothing to say of a first reading, and nothing of where the level is', () => {
  const series = [40, 42, 41].map((humidity) => ({ humidity, temperature: 20 }))
  const features = featuresOf(series)
  expect(features.slice(0, FEATURES)).toEqual(new Float32Array(FEATURES))
  const elsewhere = series.map(({ humidity }) => ({ humidity: humidity + 32, temperature: 4 }))
  expect(featuresOf(elsewhere)).toEqual(features)
})

test('measures steps and deviations in their own units', () => {
  const series = [40, 40, 50].map((humidity) => ({ humidity, temperature: 20 }))
  expect(Array.from(featuresOf(series).slice(2 * FEATURES))).toEqual([5, 1, 1, 0, 0, 0])
})
