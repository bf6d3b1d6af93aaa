import type { Edge } from '#scripts/onnx-graph.ts'

import { findActivation } from '../activation.ts'
import type { Emitter } from '../emitter.ts'
import { foreignNodeError } from '../foreign-node-error.ts'
import type { OperatorNode } from './operator.ts'

/** Inputs of a fused operator: tensor, weights, then what the operators fused into it take. */
const BIAS = 2
const SLOPE = 3

/** What grappler fused after a convolution or a product: a bias, an activation, or both. */
function fusedNames(node: OperatorNode): { hasBias: boolean; activation: string | undefined } {
  const names = node.texts('fused_ops')
  const hasBias = names[0] === 'BiasAdd'
  const rest = hasBias ? names.slice(1) : names
  if (rest.length <= 1) return { hasBias, activation: rest[0] }
  throw foreignNodeError(
    node,
    `is fused with ${names.join(', ')}; it can be with BiasAdd and one activation`,
  )
}

export function fusedBias(node: OperatorNode): Edge | undefined {
  return fusedNames(node).hasBias ? node.input(BIAS) : undefined
}

export function fusedActivation(e: Emitter, node: OperatorNode, x: Edge): Edge {
  const { activation } = fusedNames(node)
  if (activation === undefined) return x
  if (activation === 'LeakyRelu') {
    return e.emit('LeakyRelu', [x], { alpha: { float: node.float('leakyrelu_alpha', 0.2) } })
  }
  if (activation === 'Prelu') return e.emit('PRelu', [x, node.input(SLOPE)])
  const activate = findActivation(activation)
  if (activate) return activate(e, x)
  throw foreignNodeError(node, `is fused with ${activation}, which has no conversion to ONNX`)
}
