import type { Edge } from '#scripts/onnx-graph.ts'

import { scalar, type Emitter } from './emitter.ts'

type Activation = (e: Emitter, x: Edge) => Edge

const clip =
  (low: number, high: number): Activation =>
  (e, x) =>
    e.emit('Clip', [x, scalar(e, low), scalar(e, high)])
const same =
  (operator: string): Activation =>
  (e, x) =>
    e.emit(operator, [x])

/** What several formats know under the same name, in small letters without separators. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: same('Relu'),
  relu6: clip(0, 6),
  relun1to1: clip(-1, 1),
  elu: same('Elu'),
  selu: same('Selu'),
  sigmoid: same('Sigmoid'),
  tanh: same('Tanh'),
  softplus: same('Softplus'),
  softsign: same('Softsign'),
  softmax: (e, x) => e.emit('Softmax', [x], { axis: -1 }),
  logsoftmax: (e, x) => e.emit('LogSoftmax', [x], { axis: -1 }),
  swish: (e, x) => e.emit('Mul', [x, e.emit('Sigmoid', [x])]),
  mish: (e, x) => e.emit('Mul', [x, e.emit('Tanh', [e.emit('Softplus', [x])])]),
  exponential: same('Exp'),
  hardsigmoid: same('HardSigmoid'), // clip(0.2 · x + 0.5), as ONNX has it unless told otherwise
  gelu: (e, x) => {
    const erf = e.emit('Erf', [e.emit('Mul', [x, scalar(e, Math.SQRT1_2)])])
    const half = e.emit('Mul', [x, scalar(e, 0.5)])
    return e.emit('Mul', [half, e.emit('Add', [erf, scalar(e, 1)])])
  },
}

/** The activation of that name, whatever its case; undefined where there is none. */
export function findActivation(name: string): Activation | undefined {
  const key = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  return Object.hasOwn(ACTIVATIONS, key) ? ACTIVATIONS[key] : undefined
}
