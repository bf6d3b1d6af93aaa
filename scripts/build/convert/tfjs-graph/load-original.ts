import { loadGraphModel } from '@tensorflow/tfjs-converter'
import { dispose, type Tensor as TfjsTensor } from '@tensorflow/tfjs-core'
import { z } from 'zod'

import type { Tensor, Tensors } from '#shared/tensor.ts'

import { BuildError } from '../../build-error.ts'
import type { ForeignModel, OriginalModel } from '../converter.ts'
import { parseTfjsModelJson } from '../tfjs-model-json.ts'
import { fromMemory, fromTfjs, TFJS_RUNTIME, toTfjs } from '../tfjs-runtime.ts'
import { findTensors } from './find-tensors.ts'
import { GraphModel } from './graph-def.ts'

/** The model in tfjs itself. */
export async function loadOriginal(model: ForeignModel): Promise<OriginalModel> {
  const { inputs, outputs } = findTensors(model, parseTfjsModelJson(model, GraphModel))
  const raw = parseTfjsModelJson(model, z.object({ modelTopology: z.looseObject({}) }))
  const handler = await fromMemory(raw.modelTopology, raw.weightsManifest, model.files)
  const original = await loadGraphModel(handler)
  return {
    runtime: TFJS_RUNTIME,
    async run(tensors: Tensors) {
      const feeds: Record<string, TfjsTensor> = {}
      for (const { spec, tensor } of inputs) {
        const value = tensors[spec.name]
        if (!value) throw new BuildError(`${model.who} was given no input '${spec.name}'`)
        feeds[tensor.node] = toTfjs(model.who, spec.name, value)
      }
      const names = outputs.map(({ tensor }) => `${tensor.node}:${tensor.output}`)
      const results = [original.execute(feeds, names)].flat()
      const answer: Record<string, Tensor> = {}
      for (const [i, { spec }] of outputs.entries()) {
        const result = results[i]
        if (result) answer[spec.name] = await fromTfjs(result)
      }
      dispose([...Object.values(feeds), ...results])
      return answer
    },
  }
}
