import type { Edge } from '#scripts/onnx-graph.ts'

import { scalar, type Emitter } from '../../emitter.ts'
import { castTo, wholeScalar } from '../element-type.ts'
import type { ConvertOperator, OperatorFamily, OperatorNode } from '../operator.ts'

const binary =
  (operator: string): ConvertOperator =>
  (e, node) =>
    e.emit(operator, [node.input(0), node.input(1)])

const isWhole = (node: OperatorNode) => node.type('T') === 'INT32'

export const arithmetic: OperatorFamily = {
  Add: binary('Add'),
  AddV2: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  Prelu: binary('PRelu'),
  AddN: (e, node) => e.emit('Sum', node.inputs()),
  Div: divide,
  RealDiv: divide,
  DivNoNan(e, node) {
    const [x, y] = [node.input(0), node.input(1)]
    const zero = scalar(e, 0)
    const quotient = e.emit('Div', [x, y])
    return e.emit('Where', [e.emit('Equal', [y, zero]), zero, quotient])
  },
  FloorDiv(e, node) {
    if (isWhole(node)) return wholeQuotient(e, node)
    return e.emit('Floor', [e.emit('Div', [node.input(0), node.input(1)])])
  },
  FloorMod: floorMod,
  Mod: floorMod,
  SquaredDifference(e, node) {
    const difference = e.emit('Sub', [node.input(0), node.input(1)])
    return e.emit('Mul', [difference, difference])
  },
  Atan2(e, node) {
    const [y, x] = [node.input(0), node.input(1)]
    const zero = scalar(e, 0)
    const turn = scalar(e, Math.PI)
    const base = e.emit('Atan', [e.emit('Div', [y, x])])
    const isLeft = e.emit('Less', [x, zero])
    const isBelow = e.emit('Less', [y, zero])
    const halfTurn = e.emit('Where', [isBelow, e.emit('Neg', [turn]), turn])
    const angle = e.emit('Where', [isLeft, e.emit('Add', [base, halfTurn]), base])
    // 0 / 0 has no quotient, and no angle but 0
    const atOrigin = e.emit('And', [e.emit('Equal', [x, zero]), e.emit('Equal', [y, zero])])
    return e.emit('Where', [atOrigin, zero, angle])
  },
}

function divide(e: Emitter, node: OperatorNode): Edge {
  if (isWhole(node)) return wholeQuotient(e, node)
  return e.emit('Div', [node.input(0), node.input(1)])
}

function floorMod(e: Emitter, node: OperatorNode): Edge {
  if (isWhole(node)) {
    const { x, divisor } = wholeOperands(e, node)
    return castTo(e, e.emit('Mod', [x, divisor]), 'INT32')
  }
  const [x, y] = [node.input(0), node.input(1)]
  const floor = e.emit('Floor', [e.emit('Div', [x, y])])
  return e.emit('Sub', [x, e.emit('Mul', [floor, y])])
}

/** The floor of the quotient, which is how tfjs divides whole numbers; 0 where it divides by 0. */
function wholeQuotient(e: Emitter, node: OperatorNode): Edge {
  const { x, divisor, isByZero, zero } = wholeOperands(e, node)
  // ONNX rounds whole quotients to zero; what is left after Mod divides without a rest
  const multiple = e.emit('Sub', [x, e.emit('Mod', [x, divisor])])
  const quotient = e.emit('Div', [multiple, divisor])
  return castTo(e, e.emit('Where', [isByZero, zero, quotient]), 'INT32')
}

/**
 * What is divided, as INT64, and by what, with 1 for 0: to divide by 0 is an error in ONNX Runtime, and
 * to divide the lowest INT32 by -1 as INT32 ends the process.
 */
function wholeOperands(
  e: Emitter,
  node: OperatorNode,
): Record<'x' | 'divisor' | 'isByZero' | 'zero', Edge> {
  const [x, y] = [node.int64(0), node.int64(1)]
  const zero = wholeScalar(e, 'INT64', 0)
  const isByZero = e.emit('Equal', [y, zero])
  const divisor = e.emit('Where', [isByZero, wholeScalar(e, 'INT64', 1), y])
  return { x, divisor, isByZero, zero }
}
