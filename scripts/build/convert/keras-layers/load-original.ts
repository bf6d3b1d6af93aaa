import { dispose } from '@tensorflow/tfjs-core'
import { loadLayersModel, model as layersModel } from '@tensorflow/tfjs-layers'
import { z } from 'zod'

import type { Tensor, Tensors } from '#shared/tensor.ts'

import { BuildError } from '../../build-error.ts'
import type { ForeignModel, OriginalModel } from '../converter.ts'
import { parseTfjsModelJson } from '../tfjs-model-json.ts'
import { fromMemory, fromTfjs, TFJS_RUNTIME, toTfjs } from '../tfjs-runtime.ts'
import { findTensors } from './find-tensors.ts'
import { registerLayers } from './register-layers.ts'
import { LayersModel, readLayerGraph } from './topology.ts'

/** The model in tfjs itself. */
export async function loadOriginal(model: ForeignModel): Promise<OriginalModel> {
  const json = parseTfjsModelJson(model, LayersModel)
  const { outputs } = findTensors(model, readLayerGraph(model.who, json.modelTopology))
  const raw = parseTfjsModelJson(model, z.object({ modelTopology: z.looseObject({}) }))
  registerLayers()
  const whole = await loadLayersModel(
    await fromMemory(raw.modelTopology, raw.weightsManifest, model.files),
  )
  const original = layersModel({
    inputs: whole.inputs,
    outputs: outputs.flatMap(({ ref }) => whole.getLayer(ref.layer).getOutputAt(ref.call)),
  })
  return {
    runtime: TFJS_RUNTIME,
    async run(tensors: Tensors) {
      const feeds = whole.inputs.map(({ sourceLayer: { name } }) => {
        const value = tensors[name]
        if (!value) throw new BuildError(`${model.who} was given no input '${name}'`)
        return toTfjs(model.who, name, value)
      })
      const results = [original.predict(feeds)].flat()
      const answer: Record<string, Tensor> = {}
      for (const [i, { spec }] of outputs.entries()) {
        const result = results[i]
        if (result) answer[spec.name] = await fromTfjs(result)
      }
      dispose([...feeds, ...results])
      return answer
    },
  }
}
