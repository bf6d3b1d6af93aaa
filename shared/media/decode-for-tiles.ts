import { MeshError } from '#shared/mesh-error.ts'

import { decodeImage } from './decode-image.ts'
import { readImageHeader } from './image-header.ts'
import type { Image } from './image.ts'
import { tiledPixels, type Tiling } from './upscale-tiles.ts'

/**
 * A picture may take this many times the work of a square of the most pixels. All of a tile is computed,
 * what it shares with its neighbours and the frame too: little of a photo's, most of a thin strip's.
 */
const MAX_STRETCH = 2

/**
 * Decodes a picture for a model that works on it tile by tile. Throws `payload_too_large`, before pixels
 * are decoded, for more than `maxPixels` and for a strip so thin that its tiles are far more than those.
 */
export async function decodeForTiles(
  bytes: Uint8Array,
  who: string,
  maxPixels: number,
  tiling: Tiling,
): Promise<Image> {
  const { width, height } = readImageHeader(bytes, who, maxPixels)
  const side = Math.ceil(Math.sqrt(maxPixels))
  const limit = MAX_STRETCH * tiledPixels(side, side, tiling)
  const work = tiledPixels(width, height, tiling)
  if (work > limit) {
    throw new MeshError(
      'payload_too_large',
      `${who} the image is ${width}×${height}, so thin that its tiles have ${work} pixels; ` +
        `the limit is ${limit}: cut it into shorter pieces`,
    )
  }
  return decodeImage(bytes, who, maxPixels)
}
