import type { Edge } from '#scripts/onnx-graph.ts'

import { withChannelsSecond } from './channels-last.ts'
import type { Emitter } from './emitter.ts'

/** A transposed convolution of a tensor with channels last. */
export interface NhwcConvTranspose {
  x: Edge
  /** As ONNX has it: [in, out, …spatial]; of a kernel [height, width, out, in] `kernelFromHwio` makes it. */
  kernel: Edge
  kernelSize: readonly number[]
  bias?: Edge | undefined
  strides: readonly number[]
  padding: 'SAME' | 'VALID'
  /** The result's height and width, where they are known: both paddings reach several of one input. */
  outputSize?: readonly number[] | undefined
}

/**
 * Where no size of the result is known, SAME gives size · stride, VALID size · stride + max(kernel - stride, 0). Where the kernel is smaller
 * than the stride, what it doesn't reach is added after.
 */
export function nhwcConvTranspose(e: Emitter, conv: NhwcConvTranspose): Edge {
  const { x, kernel, kernelSize, bias, strides, padding, outputSize } = conv
  const excess = kernelSize.map((size, i) => size - (strides[i] ?? 1))
  const cut = excess.map((size) => (padding === 'SAME' ? Math.max(size, 0) : 0))
  return withChannelsSecond(e, x, strides.length, (inside) =>
    e.emit('ConvTranspose', [inside, kernel, ...(bias === undefined ? [] : [bias])], {
      strides,
      ...(outputSize
        ? { auto_pad: 'SAME_UPPER', output_shape: outputSize } // of what is cut the smaller half before
        : {
            pads: [...cut.map((size) => size >> 1), ...cut.map((size) => size - (size >> 1))],
            output_padding: excess.map((size) => Math.max(-size, 0)),
          }),
    }),
  )
}
