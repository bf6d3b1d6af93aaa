import { c, constant, f, positive } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { normalisation } from './normalisation.ts'

testFamily(normalisation, [
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'].map((op) => ({
    op,
    inputs: [f(1, 4, 5, 3), c(3), c(3), c(3), constant(positive(3))],
    attr: { epsilon: { f: 0.01 }, data_format: 'NHWC', is_training: false },
    gives: ['FP32' as const],
  })),
  { op: 'Softmax', inputs: [f(3, 5)] },
  { op: 'LogSoftmax', inputs: [f(3, 5)] },
  {
    op: 'LRN',
    inputs: [f(1, 3, 3, 8)],
    attr: { depth_radius: 2, bias: { f: 1.5 }, alpha: { f: 0.4 }, beta: { f: 0.7 } },
  },
])
