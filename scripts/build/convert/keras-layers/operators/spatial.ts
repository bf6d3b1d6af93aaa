import { z } from 'zod'

import { nhwcResize } from '../../nhwc-resize.ts'
import { ChannelsLast, spatialSizes } from '../layer-config.ts'
import type { LayerFamily } from '../operator.ts'

const Edges = z.tuple([z.int().nonnegative(), z.int().nonnegative()])
/** Of each edge; of both edges of an axis; or of all. */
const Border = z.union([
  z.tuple([Edges, Edges]),
  z
    .tuple([z.int().nonnegative(), z.int().nonnegative()])
    .transform(([height, width]): [[number, number], [number, number]] => [
      [height, height],
      [width, width],
    ]),
  z
    .int()
    .nonnegative()
    .transform((all): [[number, number], [number, number]] => [
      [all, all],
      [all, all],
    ]),
])
const ZeroPadding2D = z.object({ data_format: ChannelsLast, padding: Border })
const Cropping2D = z.object({ data_format: ChannelsLast, cropping: Border })
const UpSampling2D = z.object({
  data_format: ChannelsLast,
  size: spatialSizes(2),
  interpolation: z.enum(['nearest', 'bilinear']).default('nearest'),
})
/** Beyond any axis' end: ONNX stops there. */
const TO_THE_END = 2 ** 31 - 1

export const spatial: LayerFamily = {
  ZeroPadding2D(e, call) {
    const [[top, bottom], [left, right]] = call.config(ZeroPadding2D).padding
    const pads = e.ints([0, top, left, 0, 0, bottom, right, 0])
    return { ...call.x, edge: e.emit('Pad', [call.x.edge, pads]) }
  },
  Cropping2D(e, call) {
    const [[top, bottom], [left, right]] = call.config(Cropping2D).cropping
    const ends = [bottom, right].map((cut) => (cut === 0 ? TO_THE_END : -cut))
    const inputs = [call.x.edge, e.ints([top, left]), e.ints(ends), e.ints([1, 2])]
    return { ...call.x, edge: e.emit('Slice', inputs) }
  },
  /** Bilinear as tfjs has it, with corners in the corner: the models here were published for tfjs. */
  UpSampling2D(e, call) {
    const { size, interpolation } = call.config(UpSampling2D)
    const [height = 1, width = 1] = size
    const edge = nhwcResize(e, {
      x: call.x.edge,
      to: { scales: [height, width] },
      method: interpolation === 'bilinear' ? 'linear' : 'nearest',
    })
    return { ...call.x, edge }
  },
}
