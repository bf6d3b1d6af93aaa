/** ONNX Runtime in Node: the only import of onnxruntime-node. */
import * as ort from 'onnxruntime-node'

import type { GraphSource, InferenceRuntime, InferenceSession } from '#shared/inference.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { ORT_TYPE } from '#shared/ort-type.ts'
import { unpackFloats } from '#shared/packed-floats.ts'
import { DATATYPES, type Datatype, type Tensor, type Tensors } from '#shared/tensor.ts'

const DATATYPE_OF = new Map<string, Datatype>(
  // as: Object.entries forgets that the keys of the record are exactly Datatype
  (Object.entries(ORT_TYPE) as [Datatype, string][]).map(([name, type]) => [type, name]),
)

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
      throw new MeshError('model_unavailable', `[${modelId}] the model could not be loaded`, {
        cause: err,
        retryAfter: 1,
      })
    }
  },
}

function nativeSession(session: ort.InferenceSession, modelId: string): InferenceSession {
  return {
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [name, toOrt(tensor)]),
      )
      try {
        return fromOrt(await session.run(feeds), modelId)
      } catch (err) {
        if (err instanceof MeshError) throw err
        throw explain(err, modelId)
      }
    },
    release: () => session.release(),
  }
}

function toOrt({ datatype, shape, data }: Tensor): ort.Tensor {
  return new ort.Tensor(ORT_TYPE[datatype], data, shape)
}

function fromOrt(outputs: ort.InferenceSession.OnnxValueMapType, modelId: string): Tensors {
  const tensors: Record<string, Tensor> = {}
  for (const [name, value] of Object.entries(outputs)) {
    const datatype = DATATYPE_OF.get(value.type)
    if (!datatype || !(value.data instanceof DATATYPES[datatype])) {
      throw new MeshError(
        'internal',
        `[${modelId}] output '${name}' has the unsupported type ${value.type}`,
      )
    }
    tensors[name] = { datatype, shape: value.dims, data: value.data }
  }
  return tensors
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
