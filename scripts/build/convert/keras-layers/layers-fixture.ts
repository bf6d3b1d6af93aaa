import { type io, type Tensor as TfjsTensor, randomUniform, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

import type { ForeignModel } from '../converter.ts'

/** For tests: a model that tfjs itself made, as the files that it saves it as. */
export async function savedModel(model: LayersModel): Promise<ForeignModel> {
  let saved: io.ModelArtifacts | undefined
  await model.save({
    async save(artifacts) {
      saved = artifacts
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    },
  })
  const { modelTopology, weightSpecs, weightData } = saved ?? {}
  if (!(weightData instanceof ArrayBuffer)) throw new Error('tfjs saved no weights')
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
  return {
    who: '[test]',
    files: {
      'model.json': new TextEncoder().encode(JSON.stringify({ modelTopology, weightsManifest })),
      'weights.bin': new Uint8Array(weightData),
    },
    inputs: model.inputs.map(({ shape, dtype, sourceLayer }) => ({
      name: sourceLayer.name,
      datatype: dtype === 'int32' ? 'INT32' : 'FP32',
      shape: shape.map((size) => size ?? -1),
    })),
    outputs: model.outputs.map(({ shape, sourceLayer }) => ({
      name: sourceLayer.name,
      datatype: 'FP32',
      shape: shape.map((size) => size ?? -1),
    })),
  }
}

/** Gives every weight other values than those it begins with: a bias of zeros hides where it is lost. */
export function randomiseWeights(model: LayersModel, seed: number): void {
  tidy(() =>
    model.setWeights(
      model
        .getWeights()
        // positive, as a variance must be
        .map(({ shape }: TfjsTensor, i) => randomUniform(shape, 0.1, 1, 'float32', seed + i)),
    ),
  )
}
