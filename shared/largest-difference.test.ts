import { expect, test } from 'vitest'

import { encodeBase64 } from './base64.ts'
import { largestDifference } from './largest-difference.ts'
import { MediaAnswer } from './media-answer.ts'
import { encodePng } from './media/encode-png.ts'

const png = (samples: number[]) =>
  encodePng({ width: samples.length, height: 1, channels: 1, data: Uint8Array.from(samples) })

test.each<[string, unknown, unknown, number]>([
  ['numbers, wherever they are', [{ score: 0.5, box: [1, 2] }], [{ score: 0.75, box: [1, 4] }], 2],
  ['equal answers', { label: 'a', none: null }, { none: null, label: 'a' }, 0],
  ['pictures, by their brightest difference', png([0, 255]), png([51, 255]), 0.2],
  ['pictures in base64', [encodeBase64(png([0]))], [encodeBase64(png([255]))], 1],
])('measures %s', async (_, a, b, distance) => {
  const [own, other] = [a, b].map((value) =>
    value instanceof Uint8Array ? new MediaAnswer('image/png', new Uint8Array(value)) : value,
  )
  expect(await largestDifference(own, other)).toBeCloseTo(distance)
})

test.each<[string, unknown, unknown]>([
  ['another label', [{ label: 'a' }], [{ label: 'b' }]],
  ['a field more', { a: 1 }, { a: 1, b: 1 }],
  ['another field', { a: 1 }, { b: 1 }],
  ['a list for an object', [1], { 0: 1 }],
  ['nothing for a number', null, 1],
  ['a text for a number', '1', 1],
  ['a picture of another size', encodeBase64(png([0])), encodeBase64(png([0, 0]))],
  ['bytes that are no picture', encodeBase64(png([0])), 'AAAA'],
  [
    'a picture of another type',
    new MediaAnswer('image/png', png([0])),
    new MediaAnswer('image/jpeg', png([0])),
  ],
])('knows no distance to %s', async (_, a, b) => {
  expect(await largestDifference(a, b)).toBeUndefined()
})
