import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../../emitter.ts'
import { castTo } from '../element-type.ts'
import type { ConvertOperator, OperatorFamily, OperatorNode } from '../operator.ts'
import { requireAxis } from '../require-axis.ts'

const reduce =
  (operator: string): ConvertOperator =>
  (e, node) =>
    reduceWith(e, node, operator, node.input(0))

/** ONNX reduces no booleans: 0 and 1 have all or any of them as their least or largest. */
const reduceFlags =
  (operator: string): ConvertOperator =>
  (e, node) =>
    castTo(e, reduceWith(e, node, operator, castTo(e, node.input(0), 'INT32')), 'BOOL')

const arg =
  (operator: string): ConvertOperator =>
  (e, node) => {
    const axis = node.inputCount > 1 ? requireAxis(node, 1) : 0
    return castTo(e, e.emit(operator, [node.input(0)], { axis, keepdims: 0 }), 'INT32')
  }

export const reduction: OperatorFamily = {
  Mean: reduce('ReduceMean'),
  Sum: reduce('ReduceSum'),
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  Prod: reduce('ReduceProd'),
  EuclideanNorm: reduce('ReduceL2'),
  All: reduceFlags('ReduceMin'),
  Any: reduceFlags('ReduceMax'),
  ArgMax: arg('ArgMax'),
  ArgMin: arg('ArgMin'),
  Cumsum: (e, node) =>
    e.emit('CumSum', [node.input(0), node.input(1)], {
      exclusive: node.flag('exclusive') ? 1 : 0,
      reverse: node.flag('reverse') ? 1 : 0,
    }),
}

function reduceWith(e: Emitter, node: OperatorNode, operator: string, x: Edge): Edge {
  const axes = node.requireInts(1)
  return e.emit(operator, [x, e.ints(axes)], {
    keepdims: node.flag('keep_dims') ? 1 : 0,
    // no axes are none, not all of them
    noop_with_empty_axes: 1,
  })
}
