import { expect, test } from 'vitest'

import { decodeImage } from './decode-image.ts'
import { encodePng } from './encode-png.ts'

test.each<[1 | 3 | 4, number[], number[]]>([
  [1, [0, 200], [0, 0, 0, 255, 200, 200, 200, 255]],
  [3, [1, 2, 3, 254, 253, 252], [1, 2, 3, 255, 254, 253, 252, 255]],
  [4, [9, 8, 7, 255, 0, 0, 0, 0], [9, 8, 7, 255, 255, 255, 255, 255]],
])('encodes %i channels as the decoder reads them', async (channels, pixels, rgba) => {
  const png = encodePng({ width: 2, height: 1, channels, data: Uint8Array.from(pixels) })
  expect(await decodeImage(png, '[x]')).toEqual({
    width: 2,
    height: 1,
    data: Uint8ClampedArray.from(rgba),
  })
})

test('encodes the same pixels to the same bytes', () => {
  const pixels = { width: 16, height: 16, channels: 1, data: new Uint8Array(256).fill(7) } as const
  expect(encodePng(pixels)).toEqual(encodePng(pixels))
})

test.each<[string, number, number]>([
  ['too few bytes', 2, 2],
  ['too many bytes', 1, 1],
])('refuses %s', (_, width, height) => {
  const encode = () => encodePng({ width, height, channels: 3, data: new Uint8Array(6) })
  expect(encode).toThrow(/wrong data size/)
})

test.each([0, -1, 1.5])('refuses a width of %d', (width) => {
  const encode = () => encodePng({ width, height: 1, channels: 1, data: new Uint8Array(1) })
  expect(encode).toThrow(/width must be a positive integer/)
})
