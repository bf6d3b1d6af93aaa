import type { ConvertOperator, OperatorFamily } from '../operator.ts'

const binary =
  (operator: string): ConvertOperator =>
  (e, node) =>
    e.emit(operator, [node.input(0), node.input(1)])

const select: ConvertOperator = (e, node) => e.emit('Where', node.inputs(0, 3))

export const comparison: OperatorFamily = {
  Equal: binary('Equal'),
  NotEqual: (e, node) => e.emit('Not', [e.emit('Equal', [node.input(0), node.input(1)])]),
  Greater: binary('Greater'),
  GreaterEqual: binary('GreaterOrEqual'),
  Less: binary('Less'),
  LessEqual: binary('LessOrEqual'),
  LogicalAnd: binary('And'),
  LogicalOr: binary('Or'),
  LogicalNot: (e, node) => e.emit('Not', [node.input(0)]),
  Select: select,
  SelectV2: select,
}
