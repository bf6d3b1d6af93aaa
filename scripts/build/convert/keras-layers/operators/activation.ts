import { z } from 'zod'

import { scalar } from '../../emitter.ts'
import { foreignNodeError } from '../../foreign-node-error.ts'
import { configuredActivation } from '../layer-config.ts'
import type { LayerFamily } from '../operator.ts'

const ReLU = z.object({
  max_value: z.number().nullish(),
  negative_slope: z.number().nullish(),
  threshold: z.number().nullish(),
})
const Alpha = z.object({ alpha: z.number().nullish() })
const Theta = z.object({ theta: z.number().default(1) })
const Axis = z.object({ axis: z.union([z.int(), z.tuple([z.int()])]).default(-1) })

export const activation: LayerFamily = {
  Activation: (e, call) => ({ ...call.x, edge: configuredActivation(e, call, call.x.edge) }),
  ReLU(e, call) {
    const { max_value: max, negative_slope: slope, threshold } = call.config(ReLU)
    if (slope || threshold) {
      throw foreignNodeError(call, 'has a negative slope or a threshold; both must be 0')
    }
    const edge = e.emit('Relu', [call.x.edge])
    return {
      ...call.x,
      edge: typeof max === 'number' ? e.emit('Min', [edge, scalar(e, max)]) : edge,
    }
  },
  LeakyReLU(e, call) {
    const alpha = call.config(Alpha).alpha ?? 0.3
    return { ...call.x, edge: e.emit('LeakyRelu', [call.x.edge], { alpha: { float: alpha } }) }
  },
  ELU(e, call) {
    const alpha = call.config(Alpha).alpha ?? 1
    if (alpha !== 1) throw foreignNodeError(call, `has alpha ${alpha}; tfjs has 1 only`)
    return { ...call.x, edge: e.emit('Elu', [call.x.edge]) }
  },
  PReLU: (e, call) => ({ ...call.x, edge: e.emit('PRelu', [call.x.edge, call.weight('alpha')]) }),
  ThresholdedReLU(e, call) {
    const { theta } = call.config(Theta)
    const edge = e.emit('ThresholdedRelu', [call.x.edge], { alpha: { float: theta } })
    return { ...call.x, edge }
  },
  Softmax(e, call) {
    const axis = [call.config(Axis).axis].flat()[0] ?? -1
    return { ...call.x, edge: e.emit('Softmax', [call.x.edge], { axis }) }
  },
}
