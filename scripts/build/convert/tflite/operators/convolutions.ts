import { nhwcConv } from '../../nhwc-conv.ts'
import { fusedActivation } from '../fused-activation.ts'
import type { OperatorFamily, OperatorScope } from '../operator-scope.ts'
import { explicitPadding, readWindow, requirePositive, spatialSize } from '../spatial-window.ts'
import { convTransposeNhwc } from '../transposed-convolution.ts'

/** [out, height, width, in] → [out, in, height, width]. */
const FROM_OHWI = [0, 3, 1, 2]
/** [1, height, width, out] → [out, 1, height, width]: each channel has its outputs side by side in both. */
const FROM_1HWO = [3, 0, 1, 2]
/** In TFLite's C interface SAME is 1 and VALID is 2; in the file they are 0 and 1. */
const C_PADDINGS = [undefined, 'SAME', 'VALID'] as const
/** Padding, stride along width, stride along height. */
const TRANSPOSE_BIAS_OPTIONS_BYTES = 12

export const convolutions: OperatorFamily = {
  CONV_2D(op) {
    const channels = op.input(0).shape[3] ?? 0
    const kernelChannels = op.input(1).shape[3] ?? 0
    const groups = channels / kernelChannels
    if (!Number.isInteger(groups) || groups < 1) {
      throw op.error(`has a kernel of ${kernelChannels} channels for an input of ${channels}`)
    }
    return convolution(op, 'Conv2D', FROM_OHWI, groups)
  },
  DEPTHWISE_CONV_2D(op) {
    const channels = op.input(0).shape[3] ?? 0
    const outputs = op.input(1).shape[3] ?? 0
    if (channels < 1 || outputs % channels !== 0) {
      throw op.error(`has a kernel of ${outputs} outputs for an input of ${channels} channels`)
    }
    return convolution(op, 'DepthwiseConv2D', FROM_1HWO, channels)
  },
  /** Its inputs: the output's shape, the kernel, the image and the bias. */
  TRANSPOSE_CONV(op) {
    const options = op.options('TransposeConv')
    const window = readWindow(op, options)
    return fusedActivation(op, convTransposeNhwc(op, { x: 2, kernel: 1, bias: 3, window }), options)
  },
  /** MediaPipe's own: a transposed convolution with a bias, before TensorFlow's had one. */
  Convolution2DTransposeBias(op) {
    const options = op.customOptions()
    if (options.byteLength < TRANSPOSE_BIAS_OPTIONS_BYTES) {
      throw op.error(
        `has ${options.byteLength} bytes of options; ${TRANSPOSE_BIAS_OPTIONS_BYTES} would be right`,
      )
    }
    const padding = C_PADDINGS[options.getInt32(0, true)]
    if (!padding) throw op.error(`has the padding ${options.getInt32(0, true)}; 1 and 2 are known`)
    const strides = [options.getInt32(8, true), options.getInt32(4, true)] as const
    requirePositive(op, 'strides', strides)
    return convTransposeNhwc(op, { x: 0, kernel: 1, bias: 2, window: { strides, padding } })
  },
}

function convolution(
  op: OperatorScope,
  kind: 'Conv2D' | 'DepthwiseConv2D',
  kernelOrder: readonly number[],
  groups: number,
): string {
  const options = op.options(kind)
  const window = readWindow(op, options)
  const dilations = [options.int32('dilation_h_factor', 1), options.int32('dilation_w_factor', 1)]
  requirePositive(op, 'dilations', dilations)
  const size = spatialSize(op, op.input(0).shape)
  const kernelSize = spatialSize(op, op.input(1).shape)
  const y = nhwcConv(op, {
    x: op.edge(0),
    kernel: op.emit('Transpose', [op.edge(1)], { perm: kernelOrder }),
    bias: op.findEdge(2),
    strides: window.strides,
    dilations,
    padding: explicitPadding(window, size, kernelSize, dilations),
    groups,
  })
  return fusedActivation(op, y, options)
}
