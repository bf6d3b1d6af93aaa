import { x, testOperators, type OperatorCase } from '../test-operators.ts'
import { windows } from './windows.ts'

const pool = (
  operator: string,
  about: string,
  output: readonly number[],
  options: Record<string, number>,
): OperatorCase => ({
  operator,
  about,
  operands: [x],
  outputs: [output],
  options: ['Pool2D', { filter_width: 3, filter_height: 2, stride_w: 2, stride_h: 2, ...options }],
})
const bilinear = (
  about: string,
  output: readonly number[],
  options: Record<string, number>,
): OperatorCase => ({
  operator: 'RESIZE_BILINEAR',
  about,
  operands: [x, { ints: output.slice(1, 3) }],
  outputs: [output],
  options: ['ResizeBilinear', options],
})
const nearest = (
  about: string,
  output: readonly number[],
  options: Record<string, number>,
): OperatorCase => ({
  operator: 'RESIZE_NEAREST_NEIGHBOR',
  about,
  operands: [x, { ints: output.slice(1, 3) }],
  outputs: [output],
  options: ['ResizeNearestNeighbor', options],
})

testOperators(windows, [
  pool('MAX_POOL_2D', 'SAME', [1, 3, 4, 4], {}),
  pool('MAX_POOL_2D', 'VALID, RELU', [1, 2, 3, 4], { padding: 1, fused_activation_function: 1 }),
  pool('AVERAGE_POOL_2D', 'SAME, whose padding is not counted', [1, 3, 4, 4], {}),
  pool('AVERAGE_POOL_2D', 'VALID', [1, 2, 3, 4], { padding: 1 }),
  bilinear('from the corner', [1, 10, 14, 4], {}),
  bilinear('at half pixels', [1, 10, 15, 4], { half_pixel_centers: 1 }),
  bilinear('with aligned corners', [1, 9, 13, 4], { align_corners: 1 }),
  bilinear('to a smaller size', [1, 3, 4, 4], { half_pixel_centers: 1 }),
  nearest('from the corner', [1, 10, 13, 4], {}),
  nearest('at half pixels', [1, 8, 13, 4], { half_pixel_centers: 1 }),
  nearest('with aligned corners', [1, 9, 12, 4], { align_corners: 1 }),
  nearest('to a smaller size', [1, 3, 4, 4], { half_pixel_centers: 1 }),
  {
    operator: 'DEPTH_TO_SPACE',
    operands: [x],
    outputs: [[1, 10, 14, 1]],
    options: ['DepthToSpace', { block_size: 2 }],
  },
  {
    operator: 'SPACE_TO_DEPTH',
    operands: [{ in: [1, 4, 6, 3] }],
    outputs: [[1, 2, 3, 12]],
    options: ['SpaceToDepth', { block_size: 2 }],
  },
])
