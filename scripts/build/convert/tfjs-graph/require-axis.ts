import { foreignNodeError } from '../foreign-node-error.ts'
import type { OperatorNode } from './operator.ts'

/** The one axis that an input names. */
export function requireAxis(node: OperatorNode, index: number): number {
  const [axis, ...others] = node.requireInts(index)
  if (axis !== undefined && others.length === 0) return axis
  throw foreignNodeError(
    node,
    `has ${others.length + 1} values as axis in input ${index}; it takes one`,
  )
}
