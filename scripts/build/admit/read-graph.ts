import onnxProto from 'onnx-proto'
import { z } from 'zod'

import { elementCount } from '#shared/tensor.ts'

const { onnx } = onnxProto
type Graph = onnxProto.onnx.IGraphProto

/** What can be told of a graph without running it. */
export const GraphFacts = z.object({
  /** How often each operator occurs, after optimising. */
  operators: z.record(z.string(), z.int()),
  parameters: z.int(),
  parameterBytes: z.int(),
  /** Most bytes of intermediate tensors alive at once in the order of the graph, for the largest example; an estimate. */
  peakActivationBytes: z.int(),
  /** Tensors whose size depends on more than the input's shape; they are not in the estimate. */
  unknownTensors: z.int(),
})
export type GraphFacts = z.infer<typeof GraphFacts>

/** Bytes of an element by ONNX's TensorProto.DataType; what is missing counts as 4. */
const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  7: 8,
  9: 1,
  10: 2,
  11: 8,
  13: 8,
}

/** The shapes of a graph's inputs, by name. */
type Shapes = Readonly<Record<string, readonly number[]>>

/**
 * @param optimised the optimised graph as ONNX, whose value infos have the shapes that ORT inferred
 * @param example the shapes of its inputs that the estimate is made for
 */
export function readGraph(optimised: Uint8Array, example: Shapes): GraphFacts {
  const { graph } = onnx.ModelProto.decode(optimised)
  if (!graph) throw new Error('the optimised model has no graph')
  const operators: Record<string, number> = {}
  const weights: { count: number; bytes: number }[] = []
  for (const { node, initializer } of withSubgraphs(graph)) {
    for (const { opType } of node ?? []) {
      const name = opType ?? 'unknown'
      operators[name] = (operators[name] ?? 0) + 1
    }
    for (const { dims, dataType } of initializer ?? []) {
      const count = elementCount((dims ?? []).map(Number))
      weights.push({ count, bytes: count * (ELEMENT_BYTES[dataType ?? 1] ?? 4) })
    }
  }
  return {
    operators: Object.fromEntries(Object.entries(operators).toSorted(([, a], [, b]) => b - a)),
    parameters: weights.reduce((sum, { count }) => sum + count, 0),
    parameterBytes: weights.reduce((sum, { bytes }) => sum + bytes, 0),
    ...estimatePeak(graph, example),
  }
}

/** The graph and the branches and bodies of its control flow. */
function* withSubgraphs(graph: Graph): Generator<Graph> {
  yield graph
  for (const { attribute } of graph.node ?? []) {
    for (const { g } of attribute ?? []) if (g) yield* withSubgraphs(g)
  }
}

/** Of the outer graph only: a branch's own tensors come and go within one of its nodes. */
function estimatePeak(
  graph: Graph,
  example: Shapes,
): Pick<GraphFacts, 'peakActivationBytes' | 'unknownTensors'> {
  const symbols = symbolSizes(graph, example)
  const sizes = new Map<string, number | undefined>()
  for (const { name, type } of [
    ...(graph.input ?? []),
    ...(graph.valueInfo ?? []),
    ...(graph.output ?? []),
  ]) {
    const dims = type?.tensorType?.shape?.dim?.map(({ dimValue, dimParam }) =>
      dimParam ? symbols.get(dimParam) : Number(dimValue ?? 0),
    )
    const known = dims?.every((dim) => dim !== undefined)
    sizes.set(
      name ?? '',
      known && dims
        ? elementCount(dims.map((dim) => dim ?? 0)) *
            (ELEMENT_BYTES[type?.tensorType?.elemType ?? 1] ?? 4)
        : undefined,
    )
  }
  const nodes = graph.node ?? []
  const lastUse = new Map<string, number>()
  nodes.forEach(({ input }, i) => input?.forEach((name) => lastUse.set(name, i)))
  for (const { name } of graph.output ?? []) lastUse.set(name ?? '', nodes.length)

  const weights = new Set((graph.initializer ?? []).map(({ name }) => name))
  const inputs = (graph.input ?? []).map(({ name }) => name ?? '')
  const alive = new Set(inputs.filter((name) => !weights.has(name)))
  const unknown = new Set<string>()
  let peak = 0
  nodes.forEach(({ output }, i) => {
    for (const name of output ?? []) alive.add(name)
    for (const name of alive) if (sizes.get(name) === undefined) unknown.add(name)
    const bytes = Array.from(alive, (name) => sizes.get(name) ?? 0)
    peak = Math.max(
      peak,
      bytes.reduce((sum, size) => sum + size, 0),
    )
    for (const name of alive) if ((lastUse.get(name) ?? -1) <= i) alive.delete(name)
  })
  return { peakActivationBytes: peak, unknownTensors: unknown.size }
}

/** What the example makes of the free dimensions that the graph has names for. */
function symbolSizes({ input }: Graph, example: Shapes): ReadonlyMap<string, number> {
  const symbols = new Map<string, number>()
  for (const { name, type } of input ?? []) {
    type?.tensorType?.shape?.dim?.forEach(({ dimParam }, axis) => {
      const size = example[name ?? '']?.[axis]
      if (dimParam && size !== undefined) symbols.set(dimParam, size)
    })
  }
  return symbols
}
