import { decode } from 'fast-png'
import { describe, expect, test } from 'vitest'

import { bomb, idat, IEND, ihdr, pngOf, type PngChunk } from './png-fixture.ts'
import { readPng } from './read-png.ts'

const ONE = { width: 1, height: 1 }
const ONE_GREY: PngChunk[] = [ihdr(1, 1, 8, 0), idat(Uint8Array.of(0, 7))]
/** Where the last byte of the checksum of its pixels is. */
const CHECKSUM_AT = pngOf(...ONE_GREY).length - 1
const RED_BLUE: PngChunk = ['PLTE', Uint8Array.of(255, 0, 0, 0, 0, 255)]
const text = (value: string) => new TextEncoder().encode(value)
const BOMB_BYTES = 200_000_000

describe('the samples of a PNG', () => {
  test.each<[string, Uint8Array, { width: number; height: number }, object]>([
    ['of 8 bits', pngOf(...ONE_GREY, IEND), ONE, { channels: 1, depth: 8, data: [7] }],
    [
      'of 1 bit, one an entry, though rows begin at a byte',
      pngOf(ihdr(3, 2, 1, 0), idat(Uint8Array.of(0, 0b1010_0000, 0, 0b0110_0000)), IEND),
      { width: 3, height: 2 },
      { channels: 1, depth: 1, data: [1, 0, 1, 0, 1, 1] },
    ],
    [
      'of 16 bits',
      pngOf(ihdr(1, 1, 16, 0), idat(Uint8Array.of(0, 1, 2)), IEND),
      ONE,
      { channels: 1, depth: 16, data: [258] },
    ],
    [
      'of a palette, as its colours',
      pngOf(ihdr(2, 1, 8, 3), RED_BLUE, idat(Uint8Array.of(0, 1, 0)), IEND),
      { width: 2, height: 1 },
      { channels: 3, depth: 8, data: [0, 0, 255, 255, 0, 0] },
    ],
    [
      'of a palette with transparency',
      pngOf(
        ihdr(1, 1, 8, 3),
        RED_BLUE,
        ['tRNS', Uint8Array.of(9, 255)],
        idat(Uint8Array.of(0, 0)),
        IEND,
      ),
      ONE,
      { channels: 4, depth: 8, data: [255, 0, 0, 9] },
    ],
    [
      'beside a text',
      pngOf(...ONE_GREY, ['tEXt', text('Author\0me')], IEND),
      ONE,
      { channels: 1, data: [7] },
    ],
  ])('are read: %s', async (_, png, size, { data, ...expected }: { data?: number[] }) => {
    const samples = await readPng(png, size)
    expect(samples).toMatchObject({ ...size, ...expected })
    expect(Array.from(samples.data)).toEqual(data)
  })
})

describe('a PNG', () => {
  test.each<[string, Uint8Array, RegExp]>([
    [
      'whose pixels inflate far beyond its size',
      bomb(BOMB_BYTES),
      /inflates to more than 22 bytes/,
    ],
    [
      'that has a second header, larger than the one that was checked',
      pngOf(...ONE_GREY, ihdr(60_000, 60_000, 8, 0), IEND),
      /IHDR is where none may be/,
    ],
    [
      'that begins with another chunk, whose bytes pass for a header',
      pngOf(['tEXt', text('a\0bcdefghijklm')], ...ONE_GREY, IEND),
      /tEXt is where IHDR may be/,
    ],
    ['without an end', pngOf(...ONE_GREY), /no IEND/],
    ['of its signature alone', pngOf(), /no IEND/],
    ['without pixels', pngOf(ihdr(1, 1, 8, 0), IEND), /^/],
    [
      'with an index beyond its palette',
      pngOf(ihdr(1, 1, 8, 3), RED_BLUE, idat(Uint8Array.of(0, 2)), IEND),
      /palette/,
    ],
    [
      'whose pixels have another checksum',
      pngOf(...ONE_GREY, IEND).map((byte, i) => (i === CHECKSUM_AT ? byte ^ 1 : byte)),
      /CRC/,
    ],
    ['whose last chunk is cut off', pngOf(...ONE_GREY, IEND).subarray(0, -20), /IDAT is cut off/],
  ])('is refused %s', async (_, png, message) => {
    await expect(readPng(png, ONE)).rejects.toThrow(message)
  })

  // the decoder once inflated it without an end; a profile that can't be inflated tells whether it tries
  test('is read without a look at its colour profile', async () => {
    const profile: PngChunk = ['iCCP', text('x\0\0no deflate stream')]
    const png = pngOf(ihdr(1, 1, 8, 0), profile, idat(Uint8Array.of(0, 7)), IEND)
    expect(() => decode(png)).toThrow()
    expect(await readPng(png, ONE)).toMatchObject({ channels: 1, depth: 8 })
  })
})
