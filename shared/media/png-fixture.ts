/** PNGs for tests, chunk by chunk, right in nothing but their checksums. */
/* oxlint-disable no-restricted-imports, no-restricted-globals -- tests run in Node */
import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

export type PngChunk = [type: string, data: Uint8Array]

export function pngOf(...chunks: readonly PngChunk[]): Uint8Array<ArrayBuffer> {
  const parts = chunks.map(([type, data]) => {
    const named = Buffer.concat([Buffer.from(type), data])
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    checksum.writeUInt32BE(crc32(named))
    return Buffer.concat([length, named, checksum])
  })
  return new Uint8Array(Buffer.concat([SIGNATURE, ...parts]))
}

/** `colour`: 0 grey, 2 RGB, 3 palette, 6 RGBA. */
export function ihdr(width: number, height: number, depth: number, colour: number): PngChunk {
  const data = Buffer.alloc(13)
  data.writeUInt32BE(width, 0)
  data.writeUInt32BE(height, 4)
  data[8] = depth
  data[9] = colour
  return ['IHDR', data]
}

/** Rows as they are before they are compressed: each begins with its filter, 0 for none. */
export function idat(rows: Uint8Array): PngChunk {
  return ['IDAT', deflateSync(rows, { level: 9 })]
}

export const IEND: PngChunk = ['IEND', new Uint8Array(0)]

/** One pixel whose data inflates to `inflated` bytes. */
export function bomb(inflated: number): Uint8Array<ArrayBuffer> {
  return pngOf(ihdr(1, 1, 8, 6), idat(new Uint8Array(inflated)), IEND)
}
