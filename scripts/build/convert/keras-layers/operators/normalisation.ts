import { z } from 'zod'

import { foreignNodeError } from '../../foreign-node-error.ts'
import type { LayerCall, LayerFamily } from '../operator.ts'

const Axis = z.object({ axis: z.union([z.int(), z.tuple([z.int()])]).default(-1) })
const BatchNormalization = Axis.extend({
  epsilon: z.number().default(0.001),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
})

export const normalisation: LayerFamily = {
  /** As one factor and one offset a channel, computed here: ORT folds them into a convolution before. */
  BatchNormalization(e, call) {
    requireLastAxis(call)
    const { epsilon, center, scale } = call.config(BatchNormalization)
    const { data: variance, shape } = call.requireValues('moving_variance', [-1])
    const mean = call.requireValues('moving_mean', shape).data
    const gamma = scale ? call.requireValues('gamma', shape).data : undefined
    const beta = center ? call.requireValues('beta', shape).data : undefined
    const factors = Array.from(
      variance,
      (value, i) => (gamma?.[i] ?? 1) / Math.sqrt(value + epsilon),
    )
    const offsets = factors.map((factor, i) => (beta?.[i] ?? 0) - (mean[i] ?? 0) * factor)
    const scaled = e.emit('Mul', [call.x.edge, e.floats(factors)])
    return { ...call.x, edge: e.emit('Add', [scaled, e.floats(offsets)]) }
  },
  LayerNormalization(e, call) {
    requireLastAxis(call)
    const { epsilon, center, scale } = call.config(BatchNormalization)
    const { shape } = call.requireValues(scale ? 'gamma' : 'beta')
    const gamma = scale ? call.weight('gamma') : e.floats(Array<number>(shape[0] ?? 0).fill(1))
    const inputs = [call.x.edge, gamma, ...(center ? [call.weight('beta')] : [])]
    const attributes = { axis: -1, epsilon: { float: epsilon } }
    return { ...call.x, edge: e.emit('LayerNormalization', inputs, attributes) }
  },
}

function requireLastAxis(call: LayerCall): void {
  const axis = [call.config(Axis).axis].flat()[0] ?? -1
  if (axis === -1 || axis === call.x.rank - 1) return
  throw foreignNodeError(call, `normalises axis ${axis}; it must be the last`)
}
