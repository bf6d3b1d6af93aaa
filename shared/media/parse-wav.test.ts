import { describe, expect, test } from 'vitest'

import { parseWav } from './parse-wav.ts'

interface WavOptions {
  format?: number
  channels?: number
  rate?: number
  bits?: number
  data?: Uint8Array
  declared?: number
  before?: Uint8Array
}

/** A WAV file as bytes; `declared` lies about the size of its data. */
function wav({
  format = 1,
  channels = 1,
  rate = 16_000,
  bits = 16,
  data = new Uint8Array(8),
  declared,
  before,
}: WavOptions = {}): Uint8Array {
  const head = new DataView(new ArrayBuffer(36))
  const text = (at: number, value: string) =>
    Array.from(value, (char, i) => head.setUint8(at + i, char.charCodeAt(0)))
  text(0, 'RIFF')
  text(8, 'WAVE')
  text(12, 'fmt ')
  head.setUint32(16, 16, true)
  head.setUint16(20, format, true)
  head.setUint16(22, channels, true)
  head.setUint32(24, rate, true)
  head.setUint16(34, bits, true)
  const chunk = new Uint8Array(8)
  chunk.set(new TextEncoder().encode('data'))
  new DataView(chunk.buffer).setUint32(4, declared ?? data.length, true)
  return new Uint8Array([...new Uint8Array(head.buffer), ...(before ?? []), ...chunk, ...data])
}

const parse = (options: WavOptions) => parseWav(wav(options), 60, '[x]')

describe('parseWav', () => {
  test('reads each sample format as numbers from -1 to 1', () => {
    const cases: [WavOptions, number[]][] = [
      [{ bits: 8, data: Uint8Array.of(0, 128, 192) }, [-1, 0, 0.5]],
      [{ bits: 16, data: new Uint8Array(Int16Array.of(-32768, 0, 16384).buffer) }, [-1, 0, 0.5]],
      [{ bits: 24, data: Uint8Array.of(0, 0, 0x80, 0, 0, 0, 0, 0, 0x40) }, [-1, 0, 0.5]],
      [
        { bits: 32, data: new Uint8Array(Int32Array.of(-(2 ** 31), 0, 2 ** 30).buffer) },
        [-1, 0, 0.5],
      ],
      [
        { format: 3, bits: 32, data: new Uint8Array(Float32Array.of(-1, 0, 0.5).buffer) },
        [-1, 0, 0.5],
      ],
      [
        { format: 3, bits: 64, data: new Uint8Array(Float64Array.of(-1, 0, 0.5).buffer) },
        [-1, 0, 0.5],
      ],
    ]
    for (const [options, samples] of cases) expect([...parse(options).samples]).toEqual(samples)
  })

  test('mixes channels down and skips chunks it does not know', () => {
    const list = new Uint8Array([...new TextEncoder().encode('LIST'), 3, 0, 0, 0, 1, 2, 3, 0])
    const data = new Uint8Array(Int16Array.of(16384, -16384, 16384, 16384).buffer)
    expect([...parse({ channels: 2, data, before: list }).samples]).toEqual([0, 0.5])
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /not a WAV/],
    ['an MP3', new TextEncoder().encode('ID3 and so on and on'), /not a WAV/],
    ['a header alone', wav().slice(0, 36), /no 'data' chunk/],
    ['data that is cut off', wav({ declared: 32_000 }), /says 32000 bytes, 8 are there/],
    ['data of nothing', wav({ data: new Uint8Array(0) }), /no samples/],
    ['a compressed one', wav({ format: 0x55 }), /compressed \(format 85\)/],
    ['12 bits', wav({ bits: 12 }), /12-bit/],
    ['no channels', wav({ channels: 0 }), /0 channels/],
    ['a rate of nothing', wav({ rate: 0 }), /0 samples a second/],
    [
      'samples that are not numbers',
      wav({ format: 3, bits: 32, data: new Uint8Array(Float32Array.of(Number.NaN).buffer) }),
      /not a finite number/,
    ],
    [
      'more seconds than allowed',
      wav({ rate: 4_000, bits: 8, data: new Uint8Array(4_000 * 61) }),
      /lasts 61 s; the limit is 60 s/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseWav(bytes, 60, '[x]')).toThrow(message)
  })
})
