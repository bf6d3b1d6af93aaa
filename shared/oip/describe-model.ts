import { MeshError } from '../mesh-error.ts'
import type { OipModel } from './oip-backend.ts'

/** The metadata of a model's versions: tensors are those of the first, which answers when none is asked for. */
export function describeModel(versions: readonly OipModel[]): unknown {
  const [first] = versions
  if (!first) throw new MeshError('internal', 'a model was found that has no version')
  const { name, platform, inputs, outputs, parameters } = first
  return {
    name,
    versions: versions.map(({ version }) => version),
    platform,
    inputs: inputs.map(({ name: input, datatype, shape }) => ({ name: input, datatype, shape })),
    outputs: outputs.map(({ name: output, datatype, shape }) => ({
      name: output,
      datatype,
      shape,
    })),
    ...(parameters ? { parameters } : {}),
  }
}
