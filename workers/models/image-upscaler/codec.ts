import { z } from 'zod'

import type { Codec } from '#shared/codec.ts'
import { MediaAnswer } from '#shared/media-answer.ts'
import { decodeForTiles } from '#shared/media/decode-for-tiles.ts'
import { encodePng } from '#shared/media/encode-png.ts'
import { upscaleTiles } from '#shared/media/upscale-tiles.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { fp32, requireFp32 } from '#shared/tensor.ts'

import manifest from './manifest.json' with { type: 'json' }

/**
 * The radii of the graph's convolutions add up to 10 pixels, so tiles show no seam. With its frame a picture
 * of 64 pixels is one tile. The graph takes and gives 0 to 255.
 */
const TILING = { factor: 2, side: 72, margin: 10, frame: 4 }

const Parameters = z.strictObject({})

export const codec: Codec = {
  async predict({ bytes }, parameters, run) {
    parseParameters(Parameters, parameters, manifest.id)
    const image = await decodeForTiles(bytes, `[${manifest.id}]`, manifest.limits.pixels, TILING)
    const upscaled = await upscaleTiles(image, TILING, async (rgb, width, height) =>
      requireFp32(await run({ LR: fp32(rgb, [1, height, width, 3]) }), 'SR'),
    )
    return new MediaAnswer('image/png', encodePng(upscaled))
  },
}
