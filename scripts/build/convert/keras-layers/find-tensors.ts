import { z } from 'zod'

import { BuildError } from '../../build-error.ts'
import type { ForeignModel } from '../converter.ts'
import { refuseOtherTensor, type ConvertedSpec } from '../manifest-tensor.ts'
import { resultOf, type LayerDef, type LayerGraph, type TensorRef } from './topology.ts'

const Shape = z.array(z.int().positive().nullable())
/** Keras 3 and Keras 2 name the shape otherwise. */
const InputConfig = z.object({
  batch_input_shape: Shape.nullish(),
  batch_shape: Shape.nullish(),
  dtype: z.enum(['float32', 'int32', 'bool']).nullish(),
})
const ELEMENT_TYPE = { float32: 'FP32', int32: 'INT32', bool: 'BOOL' } as const

export interface FoundTensor {
  spec: ConvertedSpec
  ref: TensorRef
}

/**
 * Finds the manifest's tensors among the layers: an input is called as its layer, an output as the layer
 * that gives it, which may be any.
 */
export function findTensors(
  { who, inputs, outputs }: Pick<ForeignModel, 'who' | 'inputs' | 'outputs'>,
  graph: LayerGraph,
): { inputs: FoundTensor[]; outputs: FoundTensor[] } {
  const namesOf = (refs: readonly TensorRef[]) => refs.map(({ layer }) => layer).join(', ')
  return {
    inputs: inputs.map((spec) => {
      const ref = graph.inputs.find(({ layer }) => layer === spec.name)
      const config = ref && graph.layers.get(ref.layer)?.config
      if (!ref || !config) {
        throw new BuildError(`${who} has no input '${spec.name}'; it has ${namesOf(graph.inputs)}`)
      }
      const { batch_input_shape: shape, batch_shape: newer, dtype } = parseInput(who, config)
      const foreign = {
        type: ELEMENT_TYPE[dtype ?? 'float32'],
        shape: (shape ?? newer)?.map((size) => size ?? -1),
      }
      return { ref, spec: refuseOtherTensor(who, spec, foreign) }
    }),
    outputs: outputs.map((spec) => {
      const ref = graph.outputs.find(({ layer }) => layer === spec.name)
      const layer = graph.layers.get(spec.name)
      if (!layer) {
        throw new BuildError(
          `${who} has no layer '${spec.name}'; its outputs are ${namesOf(graph.outputs)}`,
        )
      }
      return { ref: ref ?? resultOf(layer), spec: refuseOtherTensor(who, spec, {}) }
    }),
  }
}

function parseInput(who: string, config: LayerDef['config']): z.infer<typeof InputConfig> {
  const parsed = InputConfig.safeParse(config)
  if (parsed.success) return parsed.data
  throw new BuildError(
    `${who} input '${config.name}' is configured as it can't be converted:\n${z.prettifyError(parsed.error)}`,
  )
}
