import { f, ints } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { image } from './image.ts'

testFamily(image, [
  ...['ResizeBilinear', 'ResizeNearestNeighbor'].flatMap((op) =>
    [{}, { align_corners: true }, { half_pixel_centers: true }].flatMap((attr) =>
      [
        [9, 5],
        [3, 4],
        [12, 14],
      ].map((size) => ({ op, inputs: [f(1, 6, 7, 2), ints(size)], attr })),
    ),
  ),
  { op: 'DepthToSpace', inputs: [f(1, 3, 4, 8)], attr: { block_size: 2, data_format: 'NHWC' } },
])
