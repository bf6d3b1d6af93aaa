import { z } from 'zod'

import { foreignNodeError } from '../../foreign-node-error.ts'
import type { LayerFamily } from '../operator.ts'

const Lstm = z.object({
  units: z.int().positive(),
  activation: z.literal('tanh'),
  recurrent_activation: z.enum(['sigmoid', 'hard_sigmoid']),
  use_bias: z.boolean().default(true),
  return_sequences: z.boolean().default(false),
  return_state: z.literal(false).default(false),
  go_backwards: z.boolean().default(false),
  stateful: z.literal(false).default(false),
})
/** Keras has the gates in the order input, forget, cell, output; ONNX input, output, forget, cell. */
const GATES = [0, 3, 1, 2]

export const recurrent: LayerFamily = {
  LSTM(e, call) {
    const config = call.config(Lstm)
    const { units } = config
    if (config.return_sequences && config.go_backwards) {
      throw foreignNodeError(call, 'gives a sequence backwards; it can give the last step only')
    }
    const kernel = call.requireValues('kernel', [-1, 4 * units])
    const recurrence = call.requireValues('recurrent_kernel', [units, 4 * units])
    const bias = config.use_bias
      ? call.requireValues('bias', [4 * units]).data
      : new Float32Array(4 * units)
    /** Columns of [rows, 4 · units] → [1, 4 · units, rows], gate by gate. */
    const gates = ({ data, shape: [rows = 0] }: typeof kernel) =>
      e.floats(
        Float32Array.from({ length: data.length }, (_, i) => {
          const [row, unit] = [i % rows, Math.floor(i / rows) % units]
          const gate = GATES[Math.floor(i / (rows * units))] ?? 0
          return data[row * 4 * units + gate * units + unit] ?? 0
        }),
        [1, 4 * units, rows],
      )
    // ONNX has a second bias, of the recurrence
    const biases = Float32Array.from({ length: 8 * units }, (_, i) =>
      i < 4 * units ? (bias[(GATES[Math.floor(i / units)] ?? 0) * units + (i % units)] ?? 0) : 0,
    )
    // time first, as ONNX has it
    const steps = e.emit('Transpose', [call.x.edge], { perm: [1, 0, 2] })
    const inputs = [steps, gates(kernel), gates(recurrence), e.floats(biases, [1, 8 * units])]
    const [all = '', last = ''] = e.emitMany('LSTM', inputs, 2, {
      hidden_size: units,
      direction: config.go_backwards ? 'reverse' : 'forward',
      activations: {
        strings: [
          config.recurrent_activation === 'sigmoid' ? 'Sigmoid' : 'HardSigmoid',
          'Tanh',
          'Tanh',
        ],
      },
    })
    if (!config.return_sequences) return { edge: e.emit('Squeeze', [last, e.ints([0])]), rank: 2 }
    const sequence = e.emit('Squeeze', [all, e.ints([1])])
    return { edge: e.emit('Transpose', [sequence], { perm: [1, 0, 2] }), rank: 3 }
  },
}
