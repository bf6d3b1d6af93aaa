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
  type ModelConfig,
  type TensorRef,
} from './topology.ts'

/** Models of models go this deep at most; people nest two or three. */
const MAX_DEPTH = 16
/**
 * Layers, their calls and what these take and give, with those of a model counted anew wherever it is
 * called: models that call models twice double at each depth. The largest that are published have some
 * thousands.
 */
const MAX_PARTS = 50_000

/** What the layers of one graph are written with, at whatever depth. */
interface Writer {
  who: string
  emitterOf(name: string): Emitter
  weights: ReadonlyMap<string, Weight>
  writeWeight(key: string): Edge
  /** The layers of a model, which are read once however often it is called. */
  graphOf(model: ModelConfig): LayerGraph
  /** Throws where a graph is one too many. */
  spend(graph: LayerGraph): void
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
  const graphs = new Map<unknown, LayerGraph>()
  const graphOf = (model: ModelConfig) => {
    const inner = graphs.get(model.config) ?? readLayerGraph(who, model)
    graphs.set(model.config, inner)
    return inner
  }
  let left = MAX_PARTS
  const spend = (part: LayerGraph) => {
    left -= partsOf(part)
    if (left >= 0) return
    throw new BuildError(
      `${who} has more than ${MAX_PARTS} layers, calls and what these take, counted anew wherever a model is called; it must have fewer`,
    )
  }
  const writer = { who, emitterOf, weights, writeWeight, graphOf, spend }
  return writeGraph(writer, layers, given, wanted, 0)
}

function writeGraph(
  writer: Writer,
  layerGraph: LayerGraph,
  given: ReadonlyMap<string, LayerTensor>,
  wanted: readonly TensorRef[],
  depth: number,
): LayerTensor[] {
  const { who } = writer
  if (depth > MAX_DEPTH) throw new BuildError(`${who} nests models more than ${MAX_DEPTH} deep`)
  writer.spend(layerGraph)
  const results = new Map<string, readonly LayerTensor[]>()
  const find = ({ layer, call, output }: TensorRef): LayerTensor => {
    const result = given.get(layer) ?? results.get(keyOf({ layer, call }))?.[output]
    if (result) return result
    throw new BuildError(`${who} layer '${layer}' has no result ${output} of call ${call}`)
  }
  /** Calls by key, known once someone asks what they need. */
  const calls = new Map<string, { def: LayerDef; inputs: readonly TensorRef[] }>()
  for (const def of layerGraph.layers.values()) {
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
  const { who, emitterOf, weights, writeWeight, graphOf } = writer
  const { class_name: operator, config } = def
  if (operator === 'InputLayer') {
    throw new BuildError(
      `${who} layer '${config.name}' is an input the outputs need; the manifest must name it`,
    )
  }
  if (isModel(operator)) {
    const inner = graphOf({ class_name: operator, config })
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

function partsOf({ layers, inputs, outputs }: LayerGraph): number {
  const ends = inputs.length + outputs.length
  return Array.from(layers.values(), ({ inbound_nodes: calls }) =>
    calls.reduce((sum, takes) => sum + 1 + takes.length, 1),
  ).reduce((sum, parts) => sum + parts, ends)
}

function keyOf({ layer, call }: Pick<TensorRef, 'layer' | 'call'>): string {
  return `${layer} (call ${call})`
}
