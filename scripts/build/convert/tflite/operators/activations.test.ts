import { image, x, testOperators, type OperatorCase, type Operand } from '../test-operators.ts'
import { activations } from './activations.ts'

const unary = (operator: string, operand: Operand = x): OperatorCase => ({
  operator,
  operands: [operand],
  outputs: [image],
})

testOperators(activations, [
  ...[
    'RELU',
    'RELU6',
    'RELU_N1_TO_1',
    'RELU_0_TO_1',
    'ELU',
    'LOGISTIC',
    'TANH',
    'HARD_SWISH',
    'LOG_SOFTMAX',
  ].map((operator) => unary(operator, { in: image, range: [-8, 8] })),
  { ...unary('SOFTMAX'), options: ['Softmax', { beta: 1 }] },
  { ...unary('SOFTMAX'), about: 'sharpened', options: ['Softmax', { beta: 2.5 }] },
  { ...unary('LEAKY_RELU'), options: ['LeakyRelu', { alpha: 0.3 }] },
  { ...unary('GELU'), options: ['Gelu', { approximate: 0 }] },
  { ...unary('GELU'), about: 'approximated', options: ['Gelu', { approximate: 1 }] },
  { operator: 'PRELU', operands: [x, { floats: [1, 1, 4] }], outputs: [image] },
])
