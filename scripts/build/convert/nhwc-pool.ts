import type { Edge } from '#scripts/onnx-graph.ts'

import { withChannelsSecond } from './channels-last.ts'
import type { Emitter } from './emitter.ts'
import { paddingAttributes, type SpatialPadding } from './spatial-padding.ts'

export interface NhwcPool {
  x: Edge
  kind: 'Max' | 'Average'
  size: readonly number[]
  strides: readonly number[]
  padding: SpatialPadding
}

/** An average is of what lies inside the tensor: padding isn't counted. */
export function nhwcPool(e: Emitter, { x, kind, size, strides, padding }: NhwcPool): Edge {
  return withChannelsSecond(e, x, size.length, (inside) =>
    e.emit(`${kind}Pool`, [inside], {
      kernel_shape: size,
      strides,
      ...paddingAttributes(padding),
    }),
  )
}
