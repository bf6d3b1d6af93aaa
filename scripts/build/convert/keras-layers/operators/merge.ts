import { z } from 'zod'

import type { ConvertLayer, LayerFamily } from '../operator.ts'

const merged =
  (operator: string): ConvertLayer =>
  (e, { inputs, x }) => ({
    ...x,
    edge: e.emit(
      operator,
      inputs.map(({ edge }) => edge),
    ),
  })

const Concatenate = z.object({ axis: z.int().default(-1) })

export const merge: LayerFamily = {
  Add: merged('Sum'),
  Average: merged('Mean'),
  Maximum: merged('Max'),
  Minimum: merged('Min'),
  Multiply(e, { inputs, x }) {
    const edge = inputs.map((input) => input.edge).reduce((a, b) => e.emit('Mul', [a, b]))
    return { ...x, edge }
  },
  Concatenate(e, call) {
    const { axis } = call.config(Concatenate)
    return {
      ...call.x,
      edge: e.emit(
        'Concat',
        call.inputs.map(({ edge }) => edge),
        { axis },
      ),
    }
  },
}
