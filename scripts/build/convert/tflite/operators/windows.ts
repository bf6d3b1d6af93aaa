import { withChannelsSecond } from '../../channels-last.ts'
import { nhwcPool } from '../../nhwc-pool.ts'
import { nhwcResize } from '../../nhwc-resize.ts'
import { fusedActivation } from '../fused-activation.ts'
import type { ConvertOperator, OperatorFamily } from '../operator-scope.ts'
import { explicitPadding, readWindow, requirePositive, spatialSize } from '../spatial-window.ts'

const pool =
  (kind: 'Max' | 'Average'): ConvertOperator =>
  (op) => {
    const options = op.options('Pool2D')
    const window = readWindow(op, options)
    const size = [options.int32('filter_height'), options.int32('filter_width')]
    requirePositive(op, 'window', size)
    const padding = explicitPadding(window, spatialSize(op, op.input(0).shape), size)
    const pooled = nhwcPool(op, { x: op.edge(0), kind, size, strides: window.strides, padding })
    return fusedActivation(op, pooled, options)
  }

const resize =
  (options: 'ResizeBilinear' | 'ResizeNearestNeighbor'): ConvertOperator =>
  (op) => {
    const sizes = spatialSize(op, op.output.shape)
    requirePositive(op, 'size', sizes)
    return nhwcResize(op, {
      x: op.edge(0),
      to: { sizes: op.ints(sizes) },
      method: options === 'ResizeBilinear' ? 'linear' : 'nearest',
      alignCorners: op.options(options).bool('align_corners'),
      halfPixelCenters: op.options(options).bool('half_pixel_centers'),
    })
  }

const rearrange =
  (operator: 'DepthToSpace' | 'SpaceToDepth'): ConvertOperator =>
  (op) => {
    const blocksize = op.options(operator).int32('block_size')
    requirePositive(op, 'block size', [blocksize])
    return withChannelsSecond(op, op.edge(0), 2, (inside) =>
      op.emit(operator, [inside], { blocksize }),
    )
  }

/** What looks at neighbouring pixels without weights. */
export const windows: OperatorFamily = {
  MAX_POOL_2D: pool('Max'),
  AVERAGE_POOL_2D: pool('Average'),
  RESIZE_BILINEAR: resize('ResizeBilinear'),
  RESIZE_NEAREST_NEIGHBOR: resize('ResizeNearestNeighbor'),
  DEPTH_TO_SPACE: rearrange('DepthToSpace'),
  SPACE_TO_DEPTH: rearrange('SpaceToDepth'),
}
