import { image, x, testOperators, type OperatorCase } from '../test-operators.ts'
import { convolutions } from './convolutions.ts'

const conv = (
  about: string,
  {
    input = image,
    kernel,
    output,
    options,
  }: {
    input?: readonly number[]
    kernel: readonly number[]
    output: readonly number[]
    options: Record<string, number>
  },
): OperatorCase => ({
  operator: 'CONV_2D',
  about,
  operands: [{ in: input }, { floats: kernel }, { floats: [kernel[0] ?? 0] }],
  outputs: [output],
  options: [
    'Conv2D',
    { stride_w: 1, stride_h: 1, dilation_w_factor: 1, dilation_h_factor: 1, ...options },
  ],
})
const depthwise = (
  about: string,
  multiplier: number,
  output: readonly number[],
  options: Record<string, number>,
): OperatorCase => ({
  operator: 'DEPTHWISE_CONV_2D',
  about,
  operands: [x, { floats: [1, 3, 3, 4 * multiplier] }, { floats: [4 * multiplier] }],
  outputs: [output],
  options: [
    'DepthwiseConv2D',
    { depth_multiplier: multiplier, dilation_w_factor: 1, dilation_h_factor: 1, ...options },
  ],
})
const transposed = (
  about: string,
  output: readonly number[],
  kernel: readonly number[],
  options: Record<string, number>,
): OperatorCase => ({
  operator: 'TRANSPOSE_CONV',
  about,
  operands: [{ ints: output }, { floats: kernel }, x],
  outputs: [output],
  options: ['TransposeConv', { stride_w: 2, stride_h: 2, ...options }],
})
const transposeBias = (
  about: string,
  padding: number,
  output: readonly number[],
  kernel: readonly number[],
): OperatorCase => ({
  operator: 'Convolution2DTransposeBias',
  about,
  operands: [x, { floats: kernel }, { floats: [kernel[0] ?? 0] }],
  outputs: [output],
  customOptions: new Uint8Array(Int32Array.of(padding, 2, 2).buffer),
})

testOperators(convolutions, [
  conv('SAME', { kernel: [6, 3, 3, 4], output: [1, 5, 7, 6], options: {} }),
  conv('SAME, where the odd pixel comes after', {
    input: [1, 6, 8, 4],
    kernel: [2, 3, 3, 4],
    output: [1, 3, 4, 2],
    options: { stride_w: 2, stride_h: 2 },
  }),
  conv('strides that differ', {
    kernel: [2, 3, 2, 4],
    output: [1, 2, 6, 2],
    options: { padding: 1, stride_h: 2 },
  }),
  conv('a kernel smaller than the stride', {
    kernel: [2, 1, 1, 4],
    output: [1, 2, 3, 2],
    options: { stride_h: 3, stride_w: 3 },
  }),
  conv('dilated', {
    kernel: [2, 2, 3, 4],
    output: [1, 5, 7, 2],
    options: { dilation_h_factor: 2, dilation_w_factor: 3 },
  }),
  conv('RELU', {
    kernel: [2, 1, 1, 4],
    output: [1, 5, 7, 2],
    options: { fused_activation_function: 1 },
  }),
  conv('RELU_N1_TO_1', {
    kernel: [2, 1, 1, 4],
    output: [1, 5, 7, 2],
    options: { fused_activation_function: 2 },
  }),
  conv('RELU6', {
    kernel: [2, 1, 1, 4],
    output: [1, 5, 7, 2],
    options: { fused_activation_function: 3 },
  }),
  conv('in groups', { kernel: [6, 3, 3, 2], output: [1, 5, 7, 6], options: {} }),
  depthwise('SAME', 1, image, { stride_w: 1, stride_h: 1 }),
  depthwise('three outputs a channel', 3, [1, 3, 4, 12], { stride_w: 2, stride_h: 2 }),
  depthwise('VALID, RELU6', 1, [1, 3, 5, 4], {
    padding: 1,
    stride_w: 1,
    stride_h: 1,
    fused_activation_function: 3,
  }),
  transposed('SAME', [1, 10, 14, 3], [3, 3, 3, 4], {}),
  transposed('SAME, to an odd size', [1, 9, 13, 3], [3, 3, 3, 4], {}),
  transposed('VALID', [1, 11, 15, 3], [3, 3, 3, 4], { padding: 1 }),
  transposed('a kernel as large as the stride', [1, 10, 14, 2], [2, 2, 2, 4], {}),
  transposeBias('SAME', 1, [1, 10, 14, 2], [2, 2, 2, 4]),
  transposeBias('SAME, overlapping', 1, [1, 10, 14, 2], [2, 3, 3, 4]),
])
