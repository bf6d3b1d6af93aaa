/** ONNX Runtime in Node: the only import of onnxruntime-node. */
import * as ort from 'onnxruntime-node'

import type { GraphSource, InferenceRuntime, InferenceSession } from '#shared/inference.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { fromOrt, toOrt } from '#shared/ort-tensor.ts'
import { unpackFloats } from '#shared/packed-floats.ts'
import type { Tensors } from '#shared/tensor.ts'

/** What the runtime says of BF16, whose number in ONNX is 16, and of what isn't a tensor. */
const UNSUPPORTED_TYPE = /unsupported data type: \d+/i

export const runtime: InferenceRuntime = {
  name: `onnxruntime-node ${ort.env.versions.common}`,

  async createSession({ modelId, bytes }: GraphSource): Promise<InferenceSession> {
    try {
      const session = await ort.InferenceSession.create(unpackFloats(bytes), {
        graphOptimizationLevel: 'disabled', // the build has optimised the graph
        // one thread a run: the node's queue decides how many run at once
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        logSeverityLevel: 4,
      })
      return nativeSession(session, modelId)
    } catch (err) {
      if (err instanceof MeshError) throw err
      const why = UNSUPPORTED_TYPE.exec(String(err))?.[0]
      throw new MeshError(
        'model_unavailable',
        why === undefined
          ? `[${modelId}] the model could not be loaded`
          : `[${modelId}] its graph takes or gives tensors that onnxruntime-node cannot: ${why}`,
        { cause: err, retryAfter: 1 },
      )
    }
  },
}

function nativeSession(session: ort.InferenceSession, modelId: string): InferenceSession {
  return {
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [name, toOrt(tensor, name)]),
      )
      try {
        return outputTensors(await session.run(feeds))
      } catch (err) {
        if (err instanceof MeshError) throw err
        throw explain(err, modelId)
      }
    },
    release: () => session.release(),
  }
}

/** The outputs as ours, or which of them can't be. */
function outputTensors(outputs: ort.InferenceSession.OnnxValueMapType): Tensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, fromOrt(value, name)]),
  )
}

/** The native runtime has no error classes: a complaint of the feeds says so in its text. */
function explain(err: unknown, modelId: string): MeshError {
  const message = err instanceof Error ? err.message : String(err)
  if (
    /invalid (dimensions|argument|feed)|unexpected input|missing in 'feeds'|INVALID_ARGUMENT/i.test(
      message,
    )
  ) {
    return new MeshError('invalid_input', `[${modelId}] the graph refused the tensors: ${message}`)
  }
  return new MeshError('internal', `[${modelId}] the graph failed to run`, { cause: err })
}
