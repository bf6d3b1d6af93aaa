import { c, f, ints, window } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { convolution } from './convolution.ts'

const TAKING = new Set(['BiasAdd', 'Prelu'])
const fused = (...names: string[]) => ({
  fused_ops: names,
  num_args: names.filter((name) => TAKING.has(name)).length,
})

testFamily(convolution, [
  ...['SAME', 'VALID'].flatMap((padding) => [
    { op: 'Conv2D', inputs: [f(1, 7, 6, 3), c(3, 3, 3, 4)], attr: window(padding) },
    { op: 'Conv2D', inputs: [f(2, 8, 7, 2), c(2, 3, 2, 5)], attr: window(padding, [1, 2, 2, 1]) },
    {
      op: 'Conv2D',
      inputs: [f(1, 9, 9, 2), c(3, 3, 2, 2)],
      attr: window(padding, [1, 1, 1, 1], [1, 2, 2, 1]),
    },
    {
      op: 'DepthwiseConv2dNative',
      inputs: [f(1, 8, 7, 3), c(3, 3, 3, 2)],
      attr: window(padding, [1, 2, 2, 1]),
    },
  ]),
  { op: 'DepthwiseConv2d', inputs: [f(1, 6, 5, 2), c(2, 3, 2, 1)], attr: window('SAME') },
  {
    op: 'Conv2D',
    inputs: [f(1, 6, 6, 2), c(3, 3, 2, 3)],
    attr: { ...window('EXPLICIT'), explicit_paddings: [0, 0, 2, 1, 0, 3, 0, 0] },
  },
  ...['Relu', 'Relu6', 'Elu', 'Sigmoid'].map((name) => ({
    op: '_FusedConv2D',
    inputs: [f(1, 5, 5, 2), c(3, 3, 2, 3), c(3)],
    attr: { ...window('SAME'), ...fused('BiasAdd', name) },
  })),
  {
    op: '_FusedConv2D',
    inputs: [f(1, 5, 5, 2), c(3, 3, 2, 3), c(3)],
    attr: { ...window('SAME'), ...fused('BiasAdd') },
  },
  {
    op: '_FusedConv2D',
    inputs: [f(1, 5, 5, 2), c(3, 3, 2, 3), c(3), c(1, 1, 3)],
    attr: { ...window('SAME'), ...fused('BiasAdd', 'Prelu') },
  },
  {
    op: '_FusedConv2D',
    inputs: [f(1, 5, 5, 2), c(3, 3, 2, 3), c(3)],
    attr: {
      ...window('SAME'),
      ...fused('BiasAdd', 'LeakyRelu'),
      leakyrelu_alpha: { f: 0.3 },
    },
  },
  {
    op: 'FusedDepthwiseConv2dNative',
    inputs: [f(1, 5, 5, 2), c(3, 3, 2, 1), c(2)],
    attr: { ...window('SAME'), ...fused('BiasAdd', 'Relu6') },
  },
  ...[
    { size: [7, 9], kernel: 3, stride: 2, padding: 'SAME' },
    { size: [8, 9], kernel: 4, stride: 2, padding: 'SAME' },
    { size: [10, 14], kernel: 2, stride: 3, padding: 'SAME' },
    { size: [7, 10], kernel: 1, stride: 2, padding: 'SAME' },
    { size: [10, 12], kernel: 3, stride: 2, padding: 'VALID' },
  ].map(({ size, kernel, stride, padding }) => ({
    op: 'Conv2DBackpropInput',
    about: `gives [${size}], of the sizes that ${padding} reaches, as its shape says`,
    inputs: [ints([1, ...size, 3]), c(kernel, kernel, 3, 2), f(1, 4, 5, 2)],
    attr: window(padding, [1, stride, stride, 1]),
  })),
  {
    op: 'Conv2DBackpropInput',
    about: 'of a computed shape',
    inputs: [{ ...ints([1, 8, 10, 3]), constant: false }, c(3, 3, 3, 2), f(1, 4, 5, 2)],
    attr: window('SAME', [1, 2, 2, 1]),
  },
  {
    op: 'Conv2DBackpropInput',
    inputs: [ints([1, 8, 10, 3]), c(3, 3, 3, 2), f(1, 4, 5, 2)],
    attr: window('SAME', [1, 2, 2, 1]),
  },
  {
    op: 'Conv2DBackpropInput',
    inputs: [ints([1, 9, 11, 3]), c(3, 3, 3, 2), f(1, 4, 5, 2)],
    attr: window('VALID', [1, 2, 2, 1]),
  },
  {
    op: 'Conv2DBackpropInput',
    inputs: [ints([1, 12, 15, 3]), c(2, 2, 3, 2), f(1, 4, 5, 2)],
    attr: window('SAME', [1, 3, 3, 1]),
  },
])
