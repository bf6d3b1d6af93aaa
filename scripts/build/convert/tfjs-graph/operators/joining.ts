import { foreignNodeError } from '../../foreign-node-error.ts'
import { requireAxis } from '../require-axis.ts'
import type { OperatorFamily, OperatorNode } from '../operator.ts'

/** More outputs than any operator has: each is written down. */
const MAX_PARTS = 10_000

export const joining: OperatorFamily = {
  Concat: (e, node) => e.emit('Concat', node.inputs(1), { axis: requireAxis(node, 0) }),
  ConcatV2(e, node) {
    const last = node.inputCount - 1
    return e.emit('Concat', node.inputs(0, last), { axis: requireAxis(node, last) })
  },
  Pack(e, node) {
    const axis = node.int('axis', 0)
    const parts = node.inputs().map((x) => e.emit('Unsqueeze', [x, e.ints([axis])]))
    return e.emit('Concat', parts, { axis })
  },
  Split(e, node) {
    const count = requireCount(node, 'num_split')
    return e.emitMany('Split', [node.input(1)], count, {
      axis: requireAxis(node, 0),
      num_outputs: count,
    })
  },
  SplitV(e, node) {
    const sizes = node.requireInts(1)
    if (sizes.some((size) => size < 0)) {
      throw foreignNodeError(node, `splits into [${sizes}]; every size must be given`)
    }
    return e.emitMany('Split', [node.input(0), e.ints(sizes)], sizes.length, {
      axis: requireAxis(node, 2),
    })
  },
  Unpack(e, node) {
    const [axis, count] = [node.int('axis', 0), requireCount(node, 'num')]
    const parts = e.emitMany('Split', [node.input(0)], count, { axis, num_outputs: count })
    return parts.map((part) => e.emit('Squeeze', [part, e.ints([axis])]))
  },
}

function requireCount(node: OperatorNode, attribute: string): number {
  const count = node.int(attribute)
  if (count >= 1 && count <= MAX_PARTS) return count
  throw foreignNodeError(node, `has ${attribute} ${count}; it takes 1 to ${MAX_PARTS}`)
}
