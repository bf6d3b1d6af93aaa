import { withChannelsSecond } from '../../channels-last.ts'
import { foreignNodeError } from '../../foreign-node-error.ts'
import type { ConvertOperator, OperatorFamily } from '../operator.ts'
import { requireChannelsLast } from '../spatial-attributes.ts'

const batchNorm: ConvertOperator = (e, node) => {
  requireChannelsLast(node)
  if (node.inputCount < 5) {
    throw foreignNodeError(node, `has ${node.inputCount} inputs; mean and variance must be given`)
  }
  const [x = '', ...parameters] = node.inputs(0, 5)
  return withChannelsSecond(e, x, 2, (inside) =>
    e.emit('BatchNormalization', [inside, ...parameters], {
      epsilon: { float: node.float('epsilon', 0.001) },
    }),
  )
}

export const normalisation: OperatorFamily = {
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  Softmax: (e, node) => e.emit('Softmax', [node.input(0)], { axis: -1 }),
  LogSoftmax: (e, node) => e.emit('LogSoftmax', [node.input(0)], { axis: -1 }),
  LRN(e, node) {
    const size = 2 * node.int('depth_radius', 5) + 1
    return withChannelsSecond(e, node.input(0), 2, (inside) =>
      e.emit('LRN', [inside], {
        size,
        // ONNX divides the sum by the size, TensorFlow doesn't
        alpha: { float: node.float('alpha', 1) * size },
        beta: { float: node.float('beta', 0.5) },
        bias: { float: node.float('bias', 1) },
      }),
    )
  },
}
