import type { Edge } from '#scripts/onnx-graph.ts'

import { scalar } from '../../emitter.ts'
import { fusedActivation } from '../fused-activation.ts'
import type { ConvertOperator, OperatorFamily, OperatorScope } from '../operator-scope.ts'

const unary =
  (operator: string): ConvertOperator =>
  (op) =>
    op.emit(operator, [op.edge(0)])
const binary =
  (operator: string): ConvertOperator =>
  (op) =>
    op.emit(operator, [op.edge(0), op.edge(1)])
const withActivation =
  (operator: string, options: 'Add' | 'Sub' | 'Mul' | 'Div'): ConvertOperator =>
  (op) =>
    fusedActivation(op, op.emit(operator, [op.edge(0), op.edge(1)]), op.options(options))
/** What ONNX has only the opposite of. */
const negated =
  (operator: string): ConvertOperator =>
  (op) =>
    op.emit('Not', [op.emit(operator, [op.edge(0), op.edge(1)])])

const square = (op: OperatorScope, x: Edge) => op.emit('Mul', [x, x])
const where = (op: OperatorScope) => op.emit('Where', [op.edge(0), op.edge(1), op.edge(2)])

export const arithmetic: OperatorFamily = {
  ADD: withActivation('Add', 'Add'),
  SUB: withActivation('Sub', 'Sub'),
  MUL: withActivation('Mul', 'Mul'),
  DIV: withActivation('Div', 'Div'),
  ADD_N: (op) =>
    op.emit(
      'Sum',
      Array.from({ length: op.inputCount }, (_, i) => op.edge(i)),
    ),
  MAXIMUM: binary('Max'),
  MINIMUM: binary('Min'),
  POW: binary('Pow'),
  SQUARED_DIFFERENCE: (op) => square(op, op.emit('Sub', [op.edge(0), op.edge(1)])),
  FLOOR_DIV: (op) => op.emit('Floor', [op.emit('Div', [op.edge(0), op.edge(1)])]),

  ABS: unary('Abs'),
  NEG: unary('Neg'),
  EXP: unary('Exp'),
  LOG: unary('Log'),
  SQRT: unary('Sqrt'),
  RSQRT: (op) => op.emit('Reciprocal', [op.emit('Sqrt', [op.edge(0)])]),
  SQUARE: (op) => square(op, op.edge(0)),
  SIN: unary('Sin'),
  COS: unary('Cos'),
  FLOOR: unary('Floor'),
  CEIL: unary('Ceil'),
  ROUND: unary('Round'),
  ZEROS_LIKE: (op) => op.emit('Expand', [scalar(op, 0), op.ints(op.output.shape)]),

  EQUAL: binary('Equal'),
  NOT_EQUAL: negated('Equal'),
  LESS: binary('Less'),
  LESS_EQUAL: binary('LessOrEqual'),
  GREATER: binary('Greater'),
  GREATER_EQUAL: binary('GreaterOrEqual'),
  LOGICAL_AND: binary('And'),
  LOGICAL_OR: binary('Or'),
  LOGICAL_NOT: unary('Not'),
  /** One condition for each element; a vector would mean whole rows, where ONNX broadcasts it along them. */
  SELECT(op) {
    const [condition, value] = [op.input(0).shape, op.input(1).shape]
    if (condition.length === 0 || `${condition}` === `${value}`) return where(op)
    throw op.error(`chooses by [${condition}] between [${value}]; equal shapes would be right`)
  },
  SELECT_V2: where,
}
