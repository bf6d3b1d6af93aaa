import type { Edge, OnnxGraph } from '#scripts/onnx-graph.ts'

import { BuildError } from '../../build-error.ts'
import { dependencyOrder } from '../dependency-order.ts'
import { createEmitters } from '../emitter.ts'
import { foreignNodeError, unsupportedOperator } from '../foreign-node-error.ts'
import type { Weight } from '../tfjs-weights.ts'
import type { GraphTensors } from './find-tensors.ts'
import { parseTensorName, type NodeDef, type TensorName } from './graph-def.ts'
import { operatorNode } from './operator-node.ts'
import { OPERATORS } from './operators.ts'

/** Operators that only hand their input on: nothing is written for them, and a constant stays one. */
const TRANSPARENT = new Set([
  'Identity',
  'StopGradient',
  'PreventGradient',
  'Snapshot',
  'EnsureShape',
])

/**
 * Writes every node that the outputs need, and the weights that these use.
 *
 * @returns the edge of any tensor that was written
 */
export function writeNodes(
  who: string,
  { nodes, inputs, outputs, weights }: GraphTensors & { weights: ReadonlyMap<string, Weight> },
  graph: OnnxGraph,
): (tensor: TensorName) => Edge {
  const emitterOf = createEmitters(
    graph,
    inputs.concat(outputs).map(({ spec }) => spec.name),
  )
  const edges = new Map<string, readonly Edge[]>()
  for (const { tensor, spec } of inputs) edges.set(tensor.node, [spec.name])

  const wanted = outputs.map(({ tensor }) => tensor.node)
  const needsOf = (name: string) => {
    const def = nodes.get(name)
    return def && inputsOf(def).map(({ node }) => node)
  }
  for (const name of dependencyOrder(who, wanted, needsOf)) {
    const def = nodes.get(name)
    if (!def) continue
    if (edges.has(def.name) || TRANSPARENT.has(def.op)) continue
    if (def.op === 'Const') requireWeight(def)
    else edges.set(def.name, convert(def))
  }
  return edgeOf

  function edgeOf(tensor: TensorName): Edge {
    const { node, output } = seeThrough(tensor)
    const weight = weights.get(node)
    const written = edges.get(node) ?? (weight && [writeWeight(node, weight)])
    if (written) edges.set(node, written)
    const edge = written?.[output]
    if (edge !== undefined) return edge
    throw new BuildError(`${who} has no output ${output} of node '${node}'`)
  }

  function constantOf(tensor: TensorName): Weight | undefined {
    const { node } = seeThrough(tensor)
    return nodes.get(node)?.op === 'Const' ? weights.get(node) : undefined
  }

  /** The tensor that a chain of transparent nodes begins at; dependencyOrder found that it has a beginning. */
  function seeThrough(tensor: TensorName): TensorName {
    let at = tensor
    for (;;) {
      const def = nodes.get(at.node)
      const [from] = def && TRANSPARENT.has(def.op) && at.output === 0 ? def.input : []
      if (from === undefined) return at
      at = parseTensorName(from)
    }
  }

  function writeWeight(name: string, { type, shape, data }: Weight): Edge {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    return emitterOf(name).constant(type, bytes, shape)
  }

  function requireWeight({ name, op }: NodeDef): void {
    if (weights.has(name)) return
    throw foreignNodeError(
      { who, name, operator: op },
      'has no numbers in model.json; texts and complex numbers have no conversion',
    )
  }

  function convert(def: NodeDef): readonly Edge[] {
    const foreign = { who, name: def.name, operator: def.op }
    if (def.op === 'Placeholder') {
      throw foreignNodeError(foreign, 'is an input the outputs need; the manifest must name it')
    }
    const operator = Object.hasOwn(OPERATORS, def.op) ? OPERATORS[def.op] : undefined
    if (!operator) throw unsupportedOperator(foreign, Object.keys(OPERATORS))
    const sources = inputsOf(def)
    const source = (index: number) => sources[index] ?? { node: '', output: 0 }
    const e = emitterOf(def.name)
    const made = operator(
      e,
      operatorNode(
        who,
        def,
        {
          count: sources.length,
          edge: (index) => edgeOf(source(index)),
          constant: (index) => constantOf(source(index)),
        },
        e,
      ),
    )
    return typeof made === 'string' ? [made] : made
  }
}

/** Where a node's inputs come from, without those that only order. */
function inputsOf({ input }: NodeDef): TensorName[] {
  return input.filter((name) => !name.startsWith('^')).map(parseTensorName)
}
