import onnxProto from 'onnx-proto'

import { runtime as nativeRuntime } from '#onnx'
import { MeshError } from '#shared/mesh-error.ts'
import { binaryBytes } from '#shared/oip/binary-tensor.ts'
import type { Tensors } from '#shared/tensor.ts'

const { onnx } = onnxProto

/**
 * Bytes of every tensor that a graph passes from node to node when it runs on these inputs, by name:
 * the graph is run once natively with all of them as outputs. Undefined where one is no tensor, or of a
 * type that is never an output here.
 */
export async function tensorBytes(
  graph: Uint8Array,
  inputs: Tensors,
): Promise<Record<string, number> | undefined> {
  const model = onnx.ModelProto.decode(graph)
  const outputs = new Set((model.graph?.node ?? []).flatMap(({ output }) => output ?? []))
  outputs.delete('') // an optional output that isn't wanted
  if (!model.graph) throw new Error('the optimised model has no graph')
  // ONNX Runtime infers the types
  model.graph.output = Array.from(outputs, (name) => ({ name }))
  try {
    const session = await nativeRuntime.createSession({
      modelId: 'every tensor',
      bytes: onnx.ModelProto.encode(model).finish(),
    })
    const tensors = { ...inputs, ...(await session.run(inputs)) }
    await session.release()
    return Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, binaryBytes(tensor).byteLength]),
    )
  } catch (err) {
    if (err instanceof MeshError) return undefined
    throw err
  }
}
