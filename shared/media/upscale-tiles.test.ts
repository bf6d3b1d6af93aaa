import { describe, expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'

import type { Image } from './image.ts'
import { upscaleTiles, type UpscaleTile } from './upscale-tiles.ts'

const RADIUS = 2

function noise(width: number, height: number): Image {
  const random = seededRandom(width * 1000 + height)
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : random() * 256,
  )
  return { width, height, data }
}

/** Each pixel doubled, as the mean of all within RADIUS; beyond the tile is black, as a convolution pads. */
const blur: UpscaleTile = async (rgb, width, height) => {
  const result = new Float32Array(width * height * 4 * 3)
  const at = (x: number, y: number, channel: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : (rgb[(y * width + x) * 3 + channel] ?? 0)
  for (let y = 0; y < height * 2; y++) {
    for (let x = 0; x < width * 2; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0
        for (let dy = -RADIUS; dy <= RADIUS; dy++) {
          for (let dx = -RADIUS; dx <= RADIUS; dx++)
            sum += at((x >> 1) + dx, (y >> 1) + dy, channel)
        }
        result[(y * width * 2 + x) * 3 + channel] = sum / (2 * RADIUS + 1) ** 2
      }
    }
  }
  return result
}

async function shapesOf(width: number, height: number, side: number): Promise<string[]> {
  const shapes: string[] = []
  await upscaleTiles(
    noise(width, height),
    { factor: 2, side, margin: RADIUS, frame: 0 },
    (rgb, w, h) => {
      shapes.push(`${w}×${h}`)
      return blur(rgb, w, h)
    },
  )
  return shapes
}

describe('a picture in tiles', () => {
  test.each([
    [1, 1],
    [1, 50],
    [50, 1],
    [15, 16],
    [16, 16],
    [17, 16],
    [29, 41],
    [64, 33],
  ])('is the same as in one piece: %i×%i', async (width, height) => {
    const image = noise(width, height)
    const whole = await upscaleTiles(image, { factor: 2, side: 64, margin: RADIUS, frame: 0 }, blur)
    const tiled = await upscaleTiles(image, { factor: 2, side: 16, margin: RADIUS, frame: 0 }, blur)
    expect(tiled).toEqual(whole)
    expect(tiled).toMatchObject({ width: width * 2, height: height * 2, channels: 3 })
  })

  test('is the same for every width around a whole number of tiles', async () => {
    for (let width = 9; width <= 40; width++) {
      const image = noise(width, 3)
      const whole = await upscaleTiles(
        image,
        { factor: 2, side: 64, margin: RADIUS, frame: 0 },
        blur,
      )
      const tiled = await upscaleTiles(
        image,
        { factor: 2, side: 8, margin: RADIUS, frame: 0 },
        blur,
      )
      expect(tiled.data, `${width} wide`).toEqual(whole.data)
    }
  })

  test('has seams when the graph looks further than the margin', async () => {
    // three tiles of 16 with 14 to keep: neighbours share no more than they must
    const image = noise(44, 44)
    const whole = await upscaleTiles(image, { factor: 2, side: 64, margin: RADIUS, frame: 0 }, blur)
    const tiled = await upscaleTiles(
      image,
      { factor: 2, side: 16, margin: RADIUS - 1, frame: 0 },
      blur,
    )
    expect(tiled.data).not.toEqual(whole.data)
  })

  test('is the same as in one piece when its edge is repeated around it', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 13],
      [12, 12],
      [13, 40],
    ] as const) {
      const tiling = { factor: 2, margin: RADIUS, frame: RADIUS }
      const image = noise(width, height)
      const whole = await upscaleTiles(image, { ...tiling, side: 64 }, blur)
      const tiled = await upscaleTiles(image, { ...tiling, side: 16 }, blur)
      expect(tiled, `${width}×${height}`).toEqual(whole)
    }
  })

  test('is not darkened along its edge when that is repeated around it', async () => {
    const white = { width: 20, height: 3, data: new Uint8ClampedArray(20 * 3 * 4).fill(255) }
    const tiling = { factor: 2, side: 16, margin: RADIUS }
    const framed = await upscaleTiles(white, { ...tiling, frame: RADIUS }, blur)
    expect(framed.data.every((sample) => sample === 255)).toBe(true)
    const bare = await upscaleTiles(white, { ...tiling, frame: 0 }, blur)
    expect(bare.data.every((sample) => sample === 255)).toBe(false)
  })

  test('is made of tiles of one shape, none larger than asked for', async () => {
    expect(new Set(await shapesOf(50, 7, 16))).toEqual(new Set(['16×7']))
    expect(await shapesOf(16, 16, 16)).toEqual(['16×16'])
    // (28 - 4) / (16 - 4) tiles along each side
    expect(await shapesOf(28, 28, 16)).toEqual(Array.from({ length: 4 }, () => '16×16'))
    expect(await shapesOf(29, 28, 16)).toHaveLength(6)
  })
})

test('rounds and clamps what the graph gives, and makes black of what is no number', async () => {
  const image = noise(1, 1)
  const values = [-1e30, 0.4, 0.6, 254.6, 1e30, Number.NaN, 7, 8, 9, 10, 11, 12]
  const { data } = await upscaleTiles(
    image,
    { factor: 2, side: 4, margin: 1, frame: 0 },
    async () => Float32Array.from(values),
  )
  expect(Array.from(data)).toEqual([0, 0, 1, 255, 255, 0, 7, 8, 9, 10, 11, 12])
})

test('keeps the colours apart and lets alpha go', async () => {
  const image = { width: 1, height: 1, data: Uint8ClampedArray.of(10, 20, 30, 255) }
  const { data } = await upscaleTiles(
    image,
    { factor: 1, side: 4, margin: 1, frame: 0 },
    async (rgb) => rgb,
  )
  expect(Array.from(data)).toEqual([10, 20, 30])
})

test('refuses a graph that answers a tile of another size', async () => {
  const upscaled = upscaleTiles(
    noise(3, 2),
    { factor: 2, side: 4, margin: 1, frame: 0 },
    async (rgb) => rgb,
  )
  await expect(upscaled).rejects.toThrow('a tile of 3×2 came back as 18 numbers, not 72')
})

test('stops at the tile that fails', async () => {
  let asked = 0
  const upscaled = upscaleTiles(
    noise(40, 40),
    { factor: 2, side: 16, margin: 2, frame: 0 },
    (rgb, w, h) => (++asked === 2 ? Promise.reject(new Error('too late')) : blur(rgb, w, h)),
  )
  await expect(upscaled).rejects.toThrow('too late')
  expect(asked).toBe(2)
})

test('lets timers run between two tiles', async () => {
  let fired = false
  setTimeout(() => {
    fired = true
  }, 0)
  const seen: boolean[] = []
  await upscaleTiles(noise(28, 8), { factor: 2, side: 16, margin: 2, frame: 0 }, (rgb, w, h) => {
    seen.push(fired)
    return blur(rgb, w, h)
  })
  expect(seen).toEqual([false, true])
})
