import type { Edge } from '#scripts/onnx-graph.ts'

import { withChannelsSecond } from '../channels-last.ts'
import type { OperatorScope } from './operator-scope.ts'
import { spatialSize, type SpatialWindow } from './spatial-window.ts'

/** [out, height, width, in] → [in, out, height, width]. */
const FROM_OHWI = [3, 0, 1, 2]

interface TransposedConvolution {
  /** Which inputs of the operator are the image, the kernel and the bias. */
  x: number
  kernel: number
  bias: number
  window: SpatialWindow
}

/**
 * A transposed convolution to the size that the output has in the file: SAME reaches several sizes,
 * those that the same convolution would reduce to the input's.
 */
export function convTransposeNhwc(
  op: OperatorScope,
  { x, kernel, bias, window: { strides, padding } }: TransposedConvolution,
): Edge {
  const size = spatialSize(op, op.input(x).shape)
  const kernelSize = spatialSize(op, op.input(kernel).shape)
  const outputSize = spatialSize(op, op.output.shape)
  const axes = strides.map((stride, i) => {
    const full = ((size[i] ?? 0) - 1) * stride + (kernelSize[i] ?? 0)
    const surplus = full - (outputSize[i] ?? 0)
    const before = padding === 'SAME' ? Math.max(surplus, 0) >> 1 : 0
    return { before, after: Math.max(surplus - before, 0), missing: Math.max(-surplus, 0) }
  })
  if (axes.some(({ missing }, i) => missing >= (strides[i] ?? 0))) {
    throw op.error(
      `gives ${outputSize} from ${size} with strides ${strides}, which its kernel of ${kernelSize} can't reach`,
    )
  }
  const biasEdge = op.findEdge(bias)
  const weights = op.emit('Transpose', [op.edge(kernel)], { perm: FROM_OHWI })
  return withChannelsSecond(op, op.edge(x), strides.length, (inside) =>
    op.emit('ConvTranspose', [inside, weights, ...(biasEdge === undefined ? [] : [biasEdge])], {
      strides,
      pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)],
      output_padding: axes.map(({ missing }) => missing),
    }),
  )
}
