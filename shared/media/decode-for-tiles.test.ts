import { expect, test } from 'vitest'

import { decodeForTiles } from './decode-for-tiles.ts'
import { encodePng } from './encode-png.ts'
import type { Image } from './image.ts'
import { tiledPixels, upscaleTiles } from './upscale-tiles.ts'

/** As an upscaler has it: squares of 192 pixels are the largest, in 16 tiles. */
const TILING = { factor: 2, side: 72, margin: 10, frame: 4 }
const MAX_PIXELS = 192 * 192

const black = (width: number, height: number) =>
  encodePng({ width, height, channels: 1, data: new Uint8Array(width * height) })
const decode = (bytes: Uint8Array) => decodeForTiles(bytes, '[x]', MAX_PIXELS, TILING)

/** Pixels that a graph was really given for a picture. */
async function givenFor({ width, height }: Pick<Image, 'width' | 'height'>): Promise<number> {
  let given = 0
  const image = { width, height, data: new Uint8ClampedArray(width * height * 4) }
  await upscaleTiles(image, TILING, async (_, w, h) => {
    given += w * h
    return new Float32Array(w * h * 4 * 3)
  })
  return given
}

test.each([
  [192, 192],
  [256, 144],
  [300, 122],
  [144, 256],
  [1_920, 19],
  [1, 1],
])('decodes a picture of any usual shape: %i×%i', async (width, height) => {
  expect(await decode(black(width, height))).toMatchObject({ width, height })
})

// the limit of pixels alone once let strips through that take five times the work of a square
test.each([
  [36_864, 1],
  [1, 36_864],
  [18_432, 2],
])(
  'refuses a strip within the limit of pixels whose tiles are far more: %i×%i',
  async (width, height) => {
    const work = tiledPixels(width, height, TILING)
    expect(work).toBeGreaterThan(3 * tiledPixels(192, 192, TILING))
    await expect(decode(black(width, height))).rejects.toMatchObject({
      code: 'payload_too_large',
      message:
        `[x] the image is ${width}×${height}, so thin that its tiles have ${work} pixels; ` +
        'the limit is 165888: cut it into shorter pieces',
    })
  },
)

test('refuses a strip by its header, before its pixels are looked at', async () => {
  const damaged = black(36_864, 1).subarray(0, 40)
  await expect(decode(damaged)).rejects.toMatchObject({ code: 'payload_too_large' })
})

test('refuses more pixels than the limit first', async () => {
  await expect(decode(black(192, 193))).rejects.toThrow('37056 pixels; the limit is 36864')
})

test.each([
  [1, 1],
  [64, 64],
  [65, 64],
  [500, 7],
  [192, 192],
])('counts what the graph is given, tile by tile: %i×%i', async (width, height) => {
  expect(tiledPixels(width, height, TILING)).toBe(await givenFor({ width, height }))
})
