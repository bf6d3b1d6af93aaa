import { z } from 'zod'

import type { Edge } from '#scripts/onnx-graph.ts'

import { findActivation } from '../activation.ts'
import type { Emitter } from '../emitter.ts'
import { foreignNodeError } from '../foreign-node-error.ts'
import type { LayerCall } from './operator.ts'

/** Fields that several layers share; Keras writes null for what isn't set. */
export const ChannelsLast = z.literal('channels_last').nullish()
export const Padding = z
  .enum(['same', 'valid'])
  .transform((padding): 'SAME' | 'VALID' => (padding === 'same' ? 'SAME' : 'VALID'))

/** A size along each spatial axis; one number stands for all. */
export function spatialSizes(axes: number): z.ZodType<number[]> {
  return z.union([
    z.array(z.int().positive()).length(axes),
    z
      .int()
      .positive()
      .transform((size) => Array<number>(axes).fill(size)),
  ])
}

const WithActivation = z.object({ activation: z.string().nullish() })

/** The activation that a layer ends with. */
export function configuredActivation(e: Emitter, call: LayerCall, x: Edge): Edge {
  const { activation } = call.config(WithActivation)
  const name = activation ?? 'linear'
  const activate = findActivation(name)
  if (activate) return activate(e, x)
  throw foreignNodeError(call, `has the activation '${name}', which has no conversion to ONNX`)
}

const WithBias = z.object({ use_bias: z.boolean().default(true) })

/** The bias, where the layer has one. */
export function configuredBias(call: LayerCall): Edge | undefined {
  return call.config(WithBias).use_bias ? call.weight('bias') : undefined
}
