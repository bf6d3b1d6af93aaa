import { z } from 'zod'

import { nhwcPool } from '../../nhwc-pool.ts'
import { ChannelsLast, Padding, spatialSizes } from '../layer-config.ts'
import type { ConvertLayer, LayerFamily } from '../operator.ts'

const pool =
  (kind: 'Max' | 'Average', axes: 1 | 2): ConvertLayer =>
  (e, call) => {
    const {
      pool_size: size,
      strides,
      padding,
    } = call.config(
      z.object({
        data_format: ChannelsLast,
        pool_size: spatialSizes(axes),
        strides: spatialSizes(axes).nullish(),
        padding: Padding,
      }),
    )
    const edge = nhwcPool(e, { x: call.x.edge, kind, size, strides: strides ?? size, padding })
    return { ...call.x, edge }
  }

const globalPool =
  (operator: string, axes: 1 | 2): ConvertLayer =>
  (e, call) => {
    const { keepdims } = call.config(
      z.object({ data_format: ChannelsLast, keepdims: z.boolean().default(false) }),
    )
    const over = e.ints(Array.from({ length: axes }, (_, i) => i + 1))
    const edge = e.emit(operator, [call.x.edge, over], { keepdims: keepdims ? 1 : 0 })
    return { edge, rank: keepdims ? call.x.rank : 2 }
  }

export const pooling: LayerFamily = {
  MaxPooling1D: pool('Max', 1),
  MaxPooling2D: pool('Max', 2),
  AveragePooling1D: pool('Average', 1),
  AveragePooling2D: pool('Average', 2),
  GlobalMaxPooling1D: globalPool('ReduceMax', 1),
  GlobalMaxPooling2D: globalPool('ReduceMax', 2),
  GlobalAveragePooling1D: globalPool('ReduceMean', 1),
  GlobalAveragePooling2D: globalPool('ReduceMean', 2),
}
