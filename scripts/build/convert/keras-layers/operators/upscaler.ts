import { z } from 'zod'

import { withChannelsSecond } from '../../channels-last.ts'
import { scalar } from '../../emitter.ts'
import type { ConvertLayer, LayerFamily } from '../operator.ts'

/** Layers that UpscalerJS adds to Keras for its ESRGAN models: @upscalerjs/esrgan-slim, esrgan-thick and others. */
const MultiplyBeta = z.object({ beta: z.number().default(0.2) })

/** Moves blocks of channels into space; what the name says is the scale. */
const pixelShuffle =
  (scale: number): ConvertLayer =>
  (e, { x }) => ({
    ...x,
    edge: withChannelsSecond(e, x.edge, 2, (inside) =>
      e.emit('DepthToSpace', [inside], { blocksize: scale }),
    ),
  })

export const upscaler: LayerFamily = {
  MultiplyBeta(e, call) {
    const { beta } = call.config(MultiplyBeta)
    return { ...call.x, edge: e.emit('Mul', [call.x.edge, scalar(e, beta)]) }
  },
  PixelShuffle2x: pixelShuffle(2),
  PixelShuffle3x: pixelShuffle(3),
  PixelShuffle4x: pixelShuffle(4),
  PixelShuffle8x: pixelShuffle(8),
}
