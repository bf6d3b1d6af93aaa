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
 * The graph looks further around a pixel than a tile is wide, though less and less of it: a square of the
 * most pixels allowed is one tile, and only a long strip is cut.
 */
const TILING = { factor: 2, side: 136, margin: 16, frame: 4 }
/** The graph takes and gives 0 to 1. */
const WHITE = 255

const Parameters = z.strictObject({})

export const codec: Codec = {
  async predict({ bytes }, parameters, run) {
    parseParameters(Parameters, parameters, manifest.id)
    const image = await decodeForTiles(bytes, `[${manifest.id}]`, manifest.limits.pixels, TILING)
    const upscaled = await upscaleTiles(image, TILING, async (rgb, width, height) => {
      const inputs = { LR_input: fp32(scale(rgb, 1 / WHITE), [1, height, width, 3]) }
      return scale(requireFp32(await run(inputs), 'SR'), WHITE)
    })
    return new MediaAnswer('image/png', encodePng(upscaled))
  },
}

function scale(values: Float32Array, by: number): Float32Array {
  return values.map((value) => value * by)
}
