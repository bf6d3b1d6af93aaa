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
  /**
   * Most bytes of tensors alive at once in the order of the graph, for the largest example: an estimate,
   * as kernels take memory of their own. Absent where the graph passes on what are no tensors.
   */
  peakActivationBytes: z.int().optional(),
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

/** @param tensorBytes of every tensor of the optimised graph, by name */
export function readGraph(
  optimised: Uint8Array,
  tensorBytes: Readonly<Record<string, number>> | undefined,
): GraphFacts {
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
    ...(tensorBytes ? { peakActivationBytes: estimatePeak(graph, tensorBytes) } : {}),
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
function estimatePeak(graph: Graph, tensorBytes: Readonly<Record<string, number>>): number {
  const nodes = graph.node ?? []
  const lastUse = new Map<string, number>()
  nodes.forEach(({ input }, i) => input?.forEach((name) => lastUse.set(name, i)))
  for (const { name } of graph.output ?? []) lastUse.set(name ?? '', nodes.length)

  const weights = new Set((graph.initializer ?? []).map(({ name }) => name))
  const inputs = (graph.input ?? []).map(({ name }) => name ?? '')
  const alive = new Set(inputs.filter((name) => !weights.has(name)))
  let peak = 0
  nodes.forEach(({ output }, i) => {
    for (const name of output ?? []) alive.add(name)
    let bytes = 0
    for (const name of alive) bytes += tensorBytes[name] ?? 0
    peak = Math.max(peak, bytes)
    for (const name of alive) if ((lastUse.get(name) ?? -1) <= i) alive.delete(name)
  })
  return peak
}
