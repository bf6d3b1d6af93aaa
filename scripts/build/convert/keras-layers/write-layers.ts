import type { Edge, OnnxGraph } from '#scripts/onnx-graph.ts'

import { BuildError } from '../../build-error.ts'
import { dependencyOrder } from '../dependency-order.ts'
import { createEmitters, type Emitter } from '../emitter.ts'
import { unsupportedOperator } from '../foreign-node-error.ts'
import type { Weight } from '../tfjs-weights.ts'
import { layerCall } from './layer-call.ts'
import type { LayerTensor } from './operator.ts'
import { OPERATORS } from './operators.ts'
import {
  firstCall,
  isModel,
  readLayerGraph,
  type LayerDef,
  type LayerGraph,
  type TensorRef,
} from './topology.ts'

/** Models of models go this deep at most; people nest two or three. */
const MAX_DEPTH = 16

/** What the layers of one graph are written with, at whatever depth. */
interface Writer {
  who: string
  emitterOf(name: string): Emitter
  weights: ReadonlyMap<string, Weight>
  writeWeight(key: string): Edge
}

/**
 * Writes the layers that `wanted` needs.
 *
 * @param given the results of the graph's own inputs, by layer
 * @returns what was wanted, in that order
 */
export function writeLayers(
  who: string,
  graph: OnnxGraph,
  layers: LayerGraph,
  weights: ReadonlyMap<string, Weight>,
  {
    given,
    wanted,
    reserved,
  }: {
    given: ReadonlyMap<string, LayerTensor>
    wanted: readonly TensorRef[]
    reserved: readonly string[]
  },
): LayerTensor[] {
  const emitterOf = createEmitters(graph, reserved)
  const written = new Map<string, Edge>()
  const writeWeight = (key: string) => {
    const weight = weights.get(key)
    if (!weight) throw new BuildError(`${who} has no weight '${key}'`)
    const { type, shape, data } = weight
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const edge = written.get(key) ?? emitterOf(key).constant(type, bytes, shape)
    written.set(key, edge)
    return edge
  }
  return writeGraph({ who, emitterOf, weights, writeWeight }, layers, given, wanted, 0)
}

function writeGraph(
  writer: Writer,
  { layers }: LayerGraph,
  given: ReadonlyMap<string, LayerTensor>,
  wanted: readonly TensorRef[],
  depth: number,
): LayerTensor[] {
  const { who } = writer
  if (depth > MAX_DEPTH) throw new BuildError(`${who} nests models more than ${MAX_DEPTH} deep`)
  const results = new Map<string, readonly LayerTensor[]>()
  const find = ({ layer, call, output }: TensorRef): LayerTensor => {
    const result = given.get(layer) ?? results.get(keyOf({ layer, call }))?.[output]
    if (result) return result
    throw new BuildError(`${who} layer '${layer}' has no result ${output} of call ${call}`)
  }
  /** Calls by key, known once someone asks what they need. */
  const calls = new Map<string, { def: LayerDef; inputs: readonly TensorRef[] }>()
  for (const def of layers.values()) {
    def.inbound_nodes.forEach((inputs, i) => {
      const call = i + firstCall(def)
      calls.set(keyOf({ layer: def.config.name, call }), { def, inputs })
    })
    if (def.inbound_nodes.length === 0)
      calls.set(keyOf({ layer: def.config.name, call: 0 }), { def, inputs: [] })
  }
  const needsOf = (key: string) => calls.get(key)?.inputs.map(keyOf)
  for (const key of dependencyOrder(who, wanted.map(keyOf), needsOf)) {
    const call = calls.get(key)
    if (!call || given.has(call.def.config.name)) continue
    results.set(key, writeCall(writer, call.def, call.inputs.map(find), depth))
  }
  return wanted.map(find)
}

function writeCall(
  writer: Writer,
  def: LayerDef,
  inputs: readonly LayerTensor[],
  depth: number,
): readonly LayerTensor[] {
  const { who, emitterOf, weights, writeWeight } = writer
  const { class_name: operator, config } = def
  if (operator === 'InputLayer') {
    throw new BuildError(
      `${who} layer '${config.name}' is an input the outputs need; the manifest must name it`,
    )
  }
  if (isModel(operator)) {
    const inner = readLayerGraph(who, { class_name: operator, config })
    const given = new Map(
      inner.inputs.flatMap(({ layer }, i): [string, LayerTensor][] => {
        const input = inputs[i]
        return input ? [[layer, input]] : []
      }),
    )
    return writeGraph(writer, inner, given, inner.outputs, depth + 1)
  }
  const convert = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined
  if (!convert) {
    throw unsupportedOperator({ who, name: config.name, operator }, Object.keys(OPERATORS))
  }
  return [convert(emitterOf(config.name), layerCall(who, def, inputs, weights, writeWeight))]
}

function keyOf({ layer, call }: Pick<TensorRef, 'layer' | 'call'>): string {
  return `${layer} (call ${call})`
}
