import type { Edge, ElementType } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../emitter.ts'
import { foreignNodeError } from '../foreign-node-error.ts'
import type { Weight } from '../tfjs-weights.ts'
import type { AttributeValue, NodeDef } from './graph-def.ts'
import type { OperatorNode } from './operator.ts'
import { castTo, toElementType } from './element-type.ts'

/** Where a node's inputs come from. */
export interface NodeInputs {
  count: number
  /** Writes what isn't written yet. */
  edge(index: number): Edge
  constant(index: number): Weight | undefined
}

/** Gives an operator's conversion what GraphDef says of a node, checked. */
export function operatorNode(
  who: string,
  { name, op, attr }: NodeDef,
  inputs: NodeInputs,
  e: Emitter,
): OperatorNode {
  const foreign = { who, name, operator: op }
  const fail = (what: string) => foreignNodeError(foreign, what)
  const requireInput = (index: number) => {
    if (index < inputs.count) return index
    throw fail(`has ${inputs.count} inputs; it takes at least ${index + 1}`)
  }
  const requireConstant = (index: number) => {
    const weight = inputs.constant(requireInput(index))
    if (weight) return weight
    throw fail(`computes its input ${index}; only a constant can be converted there`)
  }
  const attribute = <K extends keyof AttributeValue>(
    key: string,
    field: K,
    otherwise: NonNullable<AttributeValue[K]> | undefined,
  ): NonNullable<AttributeValue[K]> => {
    const value = attr[key]?.[field] ?? otherwise
    if (value !== undefined) return value
    throw fail(`has no attribute '${key}' of the kind '${field}'`)
  }
  // an empty list is left out when it is written as JSON
  const list = (key: string) => attribute(key, 'list', { i: [], s: [] })
  const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8')

  return {
    ...foreign,
    inputCount: inputs.count,
    input: (index) => inputs.edge(requireInput(index)),
    inputs: (from = 0, to = inputs.count) =>
      Array.from({ length: Math.max(0, to - from) }, (_, i) => inputs.edge(requireInput(from + i))),
    constant: (index) => inputs.constant(requireInput(index)),
    requireInts(index) {
      const { type, data } = requireConstant(index)
      if (type === 'INT32') return Array.from(data)
      throw fail(`has a ${type} as input ${index}; it takes INT32`)
    },
    requireShape: (index) => requireConstant(index).shape,
    int64: (index) => castTo(e, inputs.edge(requireInput(index)), 'INT64'),
    int: (key, otherwise) => attribute(key, 'i', otherwise),
    ints: (key) => list(key).i,
    float: (key, otherwise) => attribute(key, 'f', otherwise),
    flag: (key) => attribute(key, 'b', false),
    text: (key, otherwise) => {
      const value = attr[key]?.s
      return value === undefined ? attribute(key, 's', otherwise) : decode(value)
    },
    texts: (key) => list(key).s.map(decode),
    type(key): ElementType {
      const value = attribute(key, 'type', undefined)
      const type = toElementType(value)
      if (type) return type
      throw fail(`has the datatype ${value} as '${key}'; there are float, int32 and bool`)
    },
  }
}
