import { ONNX_TYPE } from '#shared/onnx-type.ts'

import { scalar } from '../../emitter.ts'
import { fusedActivation } from '../fused-activation.ts'
import type { ConvertOperator, OperatorFamily } from '../operator-scope.ts'
import { requireAxis } from '../require-axis.ts'

/** TFLite divides by the root of no less than this. */
const L2_EPSILON = 1e-6

const reduce =
  (operator: string): ConvertOperator =>
  (op) => {
    const rank = op.input(0).shape.length
    const axes = op.integers(1).map((axis) => requireAxis(op, axis, rank))
    // ONNX takes no axes for all of them, TFLite for none
    if (axes.length === 0) return op.edge(0)
    const keepdims = op.options('Reducer').bool('keep_dims') ? 1 : 0
    return op.emit(operator, [op.edge(0), op.ints(axes)], { keepdims })
  }

const best =
  (operator: 'ArgMax' | 'ArgMin'): ConvertOperator =>
  (op) => {
    const axis = requireAxis(op, op.integer(1), op.input(0).shape.length)
    const found = op.emit(operator, [op.edge(0)], { axis, keepdims: 0 })
    const { onnx } = op.output.type
    if (!onnx) throw op.error(`answers ${op.output.type.name}, which has no conversion`)
    return op.emit('Cast', [found], { to: ONNX_TYPE[onnx] })
  }

export const reductions: OperatorFamily = {
  MEAN: reduce('ReduceMean'),
  SUM: reduce('ReduceSum'),
  REDUCE_PROD: reduce('ReduceProd'),
  REDUCE_MAX: reduce('ReduceMax'),
  REDUCE_MIN: reduce('ReduceMin'),
  ARG_MAX: best('ArgMax'),
  ARG_MIN: best('ArgMin'),
  L2_NORMALIZATION(op) {
    const x = op.edge(0)
    const sum = op.emit('ReduceSumSquare', [x, op.ints([-1])], { keepdims: 1 })
    const norm = op.emit('Sqrt', [op.emit('Max', [sum, scalar(op, L2_EPSILON)])])
    return fusedActivation(op, op.emit('Div', [x, norm]), op.options('L2Norm'))
  },
}
