import { withChannelsSecond } from '../../channels-last.ts'
import { nhwcResize } from '../../nhwc-resize.ts'
import type { ConvertOperator, OperatorFamily } from '../operator.ts'
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
  DepthToSpace(e, node) {
    requireChannelsLast(node)
    return withChannelsSecond(e, node.input(0), 2, (inside) =>
      e.emit('DepthToSpace', [inside], { blocksize: node.int('block_size') }),
    )
  },
}
