import type { Edge } from '#scripts/onnx-graph.ts'

import { withChannelsSecond } from '../../channels-last.ts'
import type { Emitter } from '../../emitter.ts'
import { nhwcResize } from '../../nhwc-resize.ts'
import type { ConvertOperator, OperatorFamily, OperatorNode } from '../operator.ts'
import { requireChannelsLast } from '../spatial-attributes.ts'

const resize =
  (method: 'linear' | 'nearest'): ConvertOperator =>
  (e, node) =>
    nhwcResize(e, {
      x: node.input(0),
      to: { sizes: node.int64(1) },
      method,
      alignCorners: node.flag('align_corners'),
      halfPixelCenters: node.flag('half_pixel_centers'),
    })

export const image: OperatorFamily = {
  ResizeBilinear: resize('linear'),
  ResizeNearestNeighbor: resize('nearest'),
  DepthToSpace: (e, node) => blocks(e, node, 'DepthToSpace'),
  SpaceToDepth: (e, node) => blocks(e, node, 'SpaceToDepth'),
}

function blocks(e: Emitter, node: OperatorNode, operator: string): Edge {
  requireChannelsLast(node)
  return withChannelsSecond(e, node.input(0), 2, (inside) =>
    e.emit(operator, [inside], { blocksize: node.int('block_size') }),
  )
}
