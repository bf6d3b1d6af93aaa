import { z } from 'zod'

import type { Edge } from '#scripts/onnx-graph.ts'

import { foreignNodeError } from '../foreign-node-error.ts'
import type { Weight } from '../tfjs-weights.ts'
import { findWeight, weightsOf } from './find-weight.ts'
import type { LayerCall, LayerTensor } from './operator.ts'
import type { LayerDef } from './topology.ts'

/** Gives a layer's conversion what model.json says of the layer, checked. */
export function layerCall(
  who: string,
  { class_name: operator, config }: LayerDef,
  inputs: readonly LayerTensor[],
  weights: ReadonlyMap<string, Weight>,
  writeWeight: (key: string) => Edge,
): LayerCall {
  const foreign = { who, name: config.name, operator }
  const [x] = inputs
  if (!x) throw foreignNodeError(foreign, 'takes nothing; every layer but an input must')

  const requireKey = (name: string) => {
    const key = findWeight(weights, config.name, name)
    if (key !== undefined) return key
    const known = weightsOf(weights, config.name).join(', ')
    throw foreignNodeError(foreign, `has no weight '${name}'; it has ${known || 'none'}`)
  }
  return {
    ...foreign,
    inputs,
    x,
    config(schema) {
      const parsed = schema.safeParse(config)
      if (parsed.success) return parsed.data
      throw foreignNodeError(
        foreign,
        `is configured as it can't be converted:\n${z.prettifyError(parsed.error)}`,
      )
    },
    weight: (name) => writeWeight(requireKey(name)),
    requireValues(name, shape) {
      const key = requireKey(name)
      const weight = weights.get(key)
      if (!weight) throw foreignNodeError(foreign, `has no weight '${name}'`)
      const fits =
        shape === undefined ||
        (shape.length === weight.shape.length &&
          shape.every((size, i) => size === -1 || size === weight.shape[i]))
      if (fits) return weight
      throw foreignNodeError(
        foreign,
        `has ${key} of shape [${weight.shape}]; it must be [${shape}]`,
      )
    },
  }
}
