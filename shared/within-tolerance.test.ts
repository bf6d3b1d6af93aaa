import { expect, test } from 'vitest'

import { encodeBase64 } from './base64.ts'
import { MediaAnswer } from './media-answer.ts'
import { encodePng } from './media/encode-png.ts'
import { bomb, idat, IEND, ihdr, pngOf } from './media/png-fixture.ts'
import { findDifference } from './within-tolerance.ts'

const grey = (width: number, height: number, samples: number[]) =>
  encodeBase64(encodePng({ width, height, channels: 1, data: Uint8Array.from(samples) }))
const rgb = (samples: number[]) =>
  encodeBase64(encodePng({ width: 2, height: 1, channels: 3, data: Uint8Array.from(samples) }))

/** An answer that is a file: a picture of two grey pixels. */
const media = (samples: number[]) =>
  new MediaAnswer(
    'image/png',
    encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.from(samples) }),
  )
const sound = (byte: number) => new MediaAnswer('audio/wav', Uint8Array.of(byte))

/** One pixel of a palette of one colour. */
const indexed = (...colour: [number, number, number]) =>
  pngOf(ihdr(1, 1, 8, 3), ['PLTE', Uint8Array.from(colour)], idat(Uint8Array.of(0, 0)), IEND)
/** Four pixels of one bit: the rows begin at a byte. */
const bits = (rows: [number, number]) =>
  new MediaAnswer(
    'image/png',
    pngOf(ihdr(2, 2, 1, 0), idat(Uint8Array.of(0, rows[0] << 6, 0, rows[1] << 6)), IEND),
  )
const picture = (bytes: Uint8Array<ArrayBuffer>) => new MediaAnswer('image/png', bytes)
const onePixel = encodePng({ width: 1, height: 1, channels: 4, data: new Uint8Array(4) })

/** One grey level, and what is added so that rounding doesn't decide. */
const ONE_LEVEL = 1.01 / 255

test.each<[string, unknown, unknown]>([
  ['numbers within the tolerance', [{ score: 0.5 }], [{ score: 0.502 }]],
  ['the same picture', { mask: grey(2, 1, [0, 255]) }, { mask: grey(2, 1, [0, 255]) }],
  ['pictures one grey level apart', { mask: grey(2, 1, [1, 254]) }, { mask: grey(2, 1, [0, 255]) }],
  ['answers that are pictures one grey level apart', media([1, 254]), media([0, 255])],
  ['the same sound', sound(1), sound(1)],
  ['palettes one level apart', picture(indexed(255, 0, 1)), picture(indexed(255, 0, 0))],
  ['pictures of one bit', bits([0b10, 0b01]), bits([0b10, 0b01])],
  ['the same text that begins as a PNG does', 'iVBORw0KGgo…', 'iVBORw0KGgo…'],
  ['colours one level apart', rgb([1, 2, 3, 4, 5, 6]), rgb([2, 1, 3, 4, 6, 5])],
])('finds no difference between %s', async (_, actual, expected) => {
  expect(await findDifference(actual, expected, ONE_LEVEL)).toBeUndefined()
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
  ['a pixel of a picture answered', media([0, 9]), media([0, 7]), '$ at x 1, y 0, channel 0 is 9'],
  ['another sound', sound(1), sound(2), '$ is not the audio/wav expected'],
  ['a sound for a picture', sound(1), media([0, 9]), '$ is audio/wav, expected image/png'],
  [
    'a picture that is none',
    new MediaAnswer('image/png', Uint8Array.of(1)),
    media([0, 9]),
    '$ is not the image/png expected',
  ],
  // two palettes were once equal when their indices were
  [
    'red where blue is expected, in palettes',
    picture(indexed(255, 0, 0)),
    picture(indexed(0, 0, 255)),
    '$ at x 0, y 0, channel 0 is 255, expected 0',
  ],
  ['a bit off, and where', bits([0b10, 0b01]), bits([0b10, 0b00]), 'x 1, y 1, channel 0 is 1'],
  // the pixels were once inflated to whatever they say they are
  [
    'a picture that inflates without an end',
    picture(bomb(200_000_000)),
    picture(onePixel),
    '$ is a damaged PNG',
  ],
  [
    'such a picture in base64',
    encodeBase64(bomb(200_000_000)),
    encodeBase64(onePixel),
    '$ is a damaged PNG',
  ],
  [
    'a picture of too many pixels',
    picture(pngOf(ihdr(60_000, 60_000, 8, 0), IEND)),
    picture(onePixel),
    '$ cannot be compared: the image is 60000×60000',
  ],
  [
    'a damaged picture where one is expected',
    media([1, 2]),
    picture(bomb(9_000)),
    '$, as it is expected, is a damaged',
  ],
  ['a text that begins as a PNG does', 'iVBORw0KGgo…', 'iVBORw0KGgo!', '$ is "iVBORw0KGgo…"'],
  ['JSON for a picture', { label: 'cat' }, media([0, 9]), '$.label is "cat"'],
  ['no picture at all', 'none', grey(1, 1, [5]), '$ is "none"'],
])('finds %s', async (_, actual, expected, message) => {
  expect(await findDifference(actual, expected, ONE_LEVEL)).toContain(message)
})
