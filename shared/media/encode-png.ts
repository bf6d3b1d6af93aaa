import { encode } from 'fast-png'

/** Pixels of 8 bits row by row: grey, RGB or RGBA. */
export interface Pixels {
  width: number
  height: number
  channels: 1 | 3 | 4
  data: Uint8Array | Uint8ClampedArray
}

/** A PNG of the pixels, not interlaced. Throws RangeError when `data` is no `width`×`height`×`channels` bytes. */
export function encodePng({ width, height, channels, data }: Pixels): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encode({ width, height, channels, depth: 8, data }))
}
