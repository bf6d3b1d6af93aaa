import { findActivation } from '../../activation.ts'
import { scalar } from '../../emitter.ts'
import type { ConvertOperator, OperatorFamily } from '../operator-scope.ts'

/** Of the name that other formats share. */
const named =
  (name: string): ConvertOperator =>
  (op) => {
    const activation = findActivation(name)
    if (!activation) throw op.error('has no activation of that name')
    return activation(op, op.edge(0))
  }

export const activations: OperatorFamily = {
  RELU: named('relu'),
  RELU6: named('relu6'),
  RELU_N1_TO_1: named('relu_n1_to_1'),
  RELU_0_TO_1: (op) => op.emit('Clip', [op.edge(0), scalar(op, 0), scalar(op, 1)]),
  ELU: named('elu'),
  LOGISTIC: named('sigmoid'),
  TANH: named('tanh'),
  LOG_SOFTMAX: named('log_softmax'),
  SOFTMAX(op) {
    const beta = op.options('Softmax').float32('beta')
    const x = beta === 1 ? op.edge(0) : op.emit('Mul', [op.edge(0), scalar(op, beta)])
    return op.emit('Softmax', [x], { axis: -1 })
  },
  HARD_SWISH(op) {
    const x = op.edge(0)
    const gate = op.emit('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })
    return op.emit('Mul', [x, gate])
  },
  LEAKY_RELU: (op) =>
    op.emit('LeakyRelu', [op.edge(0)], {
      alpha: { float: op.options('LeakyRelu').float32('alpha') },
    }),
  PRELU: (op) => op.emit('PRelu', [op.edge(0), op.edge(1)]),
  /** x · Φ(x), with the error function or approximated by a hyperbolic tangent. */
  GELU(op) {
    const x = op.edge(0)
    const curve = op.options('Gelu').bool('approximate')
      ? op.emit('Tanh', [
          op.emit('Mul', [
            op.emit('Add', [
              x,
              op.emit('Mul', [op.emit('Pow', [x, scalar(op, 3)]), scalar(op, 0.044715)]),
            ]),
            scalar(op, Math.sqrt(2 / Math.PI)),
          ]),
        ])
      : op.emit('Erf', [op.emit('Mul', [x, scalar(op, Math.SQRT1_2)])])
    const cumulative = op.emit('Mul', [op.emit('Add', [curve, scalar(op, 1)]), scalar(op, 0.5)])
    return op.emit('Mul', [x, cumulative])
  },
}
