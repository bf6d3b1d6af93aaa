import type { Reading } from './parse-readings.ts'
import { runningMedian } from './running-median.ts'

export const FEATURES = 6
/** Readings before this one, at 5 s each: 150 s for what just changed. */
const SHORT_WINDOW = 30
/** Half an hour for what is usual here: an event of ten minutes doesn't move its median. */
const LONG_WINDOW = 360
/** A unit of each quantity, in percent and °C, so that features are of one size. */
const SPANS = {
  humidity: { deviation: 10, step: 2 },
  temperature: { deviation: 2, step: 1 },
} as const

/**
 * Six numbers for each reading, from it and those before it: of humidity and temperature the step
 * from the last reading, the deviation from the mean of a short window and from the median of a long
 * one. None says how warm or damp it is, so that another place is no anomaly.
 */
export function featuresOf(readings: readonly Reading[]): Float32Array {
  const features = new Float32Array(readings.length * FEATURES)
  for (const [k, quantity] of (['humidity', 'temperature'] as const).entries()) {
    const values = readings.map((reading) => reading[quantity])
    const medians = runningMedian(values, LONG_WINDOW)
    const { deviation, step } = SPANS[quantity]
    values.forEach((value, i) => {
      const before = values.slice(Math.max(0, i - SHORT_WINDOW), i)
      const mean =
        before.length > 0 ? before.reduce((sum, own) => sum + own, 0) / before.length : value
      const at = i * FEATURES + k * (FEATURES / 2)
      features[at] = (value - (values[i - 1] ?? value)) / step
      features[at + 1] = (value - mean) / deviation
      features[at + 2] = (value - (medians[i] ?? value)) / deviation
    })
  }
  return features
}
