import { castTo, wholeScalar } from '../element-type.ts'
import type { ConvertOperator, OperatorFamily } from '../operator.ts'

/** A tensor of the input's shape and type. */
const filledLike =
  (value: number): ConvertOperator =>
  (e, node) => {
    const type = node.type('T')
    const one = e.emit('ConstantOfShape', [e.emit('Shape', [node.input(0)])])
    const filled = value === 0 ? one : e.emit('Add', [one, e.floats([value], [])])
    return type === 'INT32' || type === 'BOOL' ? castTo(e, filled, type) : filled
  }

export const creation: OperatorFamily = {
  Fill: (e, node) => e.emit('Expand', [node.input(1), node.int64(0)]),
  ZerosLike: filledLike(0),
  OnesLike: filledLike(1),
  Range: (e, node) => e.emit('Range', node.inputs(0, 3)),
  LinSpace(e, node) {
    const [start, stop, count] = [node.input(0), node.input(1), node.int64(2)]
    const one = wholeScalar(e, 'INT64', 1)
    const zero = wholeScalar(e, 'INT64', 0)
    const last = castTo(e, e.emit('Sub', [count, one]), 'FP32')
    // a single value is the start, whatever it is divided by
    const step = e.emit('Div', [
      e.emit('Sub', [stop, start]),
      e.emit('Max', [last, e.floats([1], [])]),
    ])
    const indices = castTo(e, e.emit('Range', [zero, count, one]), 'FP32')
    return e.emit('Add', [start, e.emit('Mul', [indices, step])])
  },
}
