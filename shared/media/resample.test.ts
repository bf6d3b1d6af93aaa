import { expect, test } from 'vitest'

import { resample } from './resample.ts'

const sine = (hz: number, rate: number, seconds = 0.5) =>
  Float32Array.from({ length: rate * seconds }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate))

/** Root mean square away from the ends, where the filter meets silence. */
function level(samples: Float32Array): number {
  const middle = samples.subarray(500, samples.length - 500)
  return Math.sqrt(middle.reduce((sum, value) => sum + value * value, 0) / middle.length)
}

test.each([8_000, 11_025, 22_050, 44_100, 48_000, 44_101])(
  'keeps a tone of 440 Hz from %i Hz',
  (rate) => {
    const resampled = resample(sine(440, rate), rate, 16_000)
    const expected = sine(440, 16_000)
    expect(resampled).toHaveLength(Math.ceil((Math.floor(rate / 2) * 16_000) / rate))
    const error = resampled.map((value, i) => value - (expected[i] ?? 0)).subarray(500, 7_400)
    expect(Math.max(...error.map(Math.abs))).toBeLessThan(0.01)
  },
)

test('removes what the lower rate cannot carry instead of folding it down', () => {
  expect(level(resample(sine(12_000, 48_000), 48_000, 16_000))).toBeLessThan(
    0.001 * level(sine(12_000, 48_000)),
  )
})

test('keeps a constant as it is', () => {
  const resampled = resample(new Float32Array(4_800).fill(0.25), 48_000, 16_000)
  expect(Math.abs((resampled[800] ?? 0) - 0.25)).toBeLessThan(1e-6)
})
