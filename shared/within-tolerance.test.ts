import { expect, test } from 'vitest'

import { encodeBase64 } from './base64.ts'
import { encodePng } from './media/encode-png.ts'
import { findDifference } from './within-tolerance.ts'

const grey = (width: number, height: number, samples: number[]) =>
  encodeBase64(encodePng({ width, height, channels: 1, data: Uint8Array.from(samples) }))
const rgb = (samples: number[]) =>
  encodeBase64(encodePng({ width: 2, height: 1, channels: 3, data: Uint8Array.from(samples) }))

/** One grey level, and what is added so that rounding doesn't decide. */
const ONE_LEVEL = 1.01 / 255

test.each<[string, unknown, unknown]>([
  ['numbers within the tolerance', [{ score: 0.5 }], [{ score: 0.502 }]],
  ['the same picture', { mask: grey(2, 1, [0, 255]) }, { mask: grey(2, 1, [0, 255]) }],
  ['pictures one grey level apart', { mask: grey(2, 1, [1, 254]) }, { mask: grey(2, 1, [0, 255]) }],
  ['colours one level apart', rgb([1, 2, 3, 4, 5, 6]), rgb([2, 1, 3, 4, 6, 5])],
])('finds no difference between %s', (_, actual, expected) => {
  expect(findDifference(actual, expected, ONE_LEVEL)).toBeUndefined()
})

test.each<[string, unknown, unknown, string]>([
  ['a number beyond it', [{ score: 0.5 }], [{ score: 0.6 }], '$[0].score is 0.5'],
  ['a field too many', { a: 1, b: 2 }, { a: 1 }, '$.b is 2'],
  ['an item too few', [1], [1, 2], '$ has 1 items, expected 2'],
  ['another text', 'cat', 'dog', '$ is "cat", expected "dog"'],
  [
    'a pixel two levels off, and where',
    [{ mask: grey(2, 2, [0, 0, 9, 7]) }],
    [{ mask: grey(2, 2, [0, 0, 9, 9]) }],
    '$[0].mask at x 1, y 1, channel 0 is 7, expected 9',
  ],
  ['a channel off', rgb([0, 0, 0, 0, 90, 0]), rgb([0, 0, 0, 0, 0, 0]), 'at x 1, y 0, channel 1'],
  [
    'a picture turned on its side',
    grey(2, 1, [5, 5]),
    grey(1, 2, [5, 5]),
    '$ is a PNG of 2×1, 1 channels of 8 bits, expected a PNG of 1×2',
  ],
  ['a picture in colour', rgb([5, 5, 5, 5, 5, 5]), grey(2, 1, [5, 5]), '3 channels'],
  ['a picture cut off', grey(2, 1, [5, 5]).slice(0, 60), grey(2, 1, [5, 5]), '$ is a damaged PNG'],
  ['no picture at all', 'none', grey(1, 1, [5]), '$ is "none"'],
])('finds %s', (_, actual, expected, message) => {
  expect(findDifference(actual, expected, ONE_LEVEL)).toContain(message)
})
