import type { TensorSpec } from '../manifest.ts'
import { MeshError } from '../mesh-error.ts'
import type { OipModel } from './oip-backend.ts'

/** Triton's names of our datatypes where they aren't TYPE_ and ours. */
const CONFIG_TYPE: Readonly<Record<string, string>> = { BYTES: 'TYPE_STRING' }

/** What runs the models of a platform; of somebody else's server it isn't known. */
const BACKEND: ReadonlyMap<string, string> = new Map([['onnx_onnxv1', 'onnxruntime']])

/**
 * A model's configuration as Triton's clients ask for it, only what is true here: no batching of its own
 * (`max_batch_size` 0, so `dims` has every dimension, -1 for a free one).
 */
export function modelConfig(versions: readonly OipModel[]): unknown {
  const [first] = versions
  if (!first) throw new MeshError('internal', 'a model was found that has no version')
  const backend = BACKEND.get(first.platform)
  return {
    name: first.name,
    platform: first.platform,
    ...(backend === undefined ? {} : { backend }),
    version_policy: { specific: { versions: versions.map(({ version }) => version) } },
    max_batch_size: 0,
    input: first.inputs.map(tensorConfig),
    output: first.outputs.map(tensorConfig),
  }
}

function tensorConfig({ name, datatype, shape }: TensorSpec): unknown {
  return { name, data_type: CONFIG_TYPE[datatype] ?? `TYPE_${datatype}`, dims: shape }
}
