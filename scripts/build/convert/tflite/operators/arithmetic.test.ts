import {
  image,
  none,
  positive,
  x,
  testOperators,
  type OperatorCase,
  type Operand,
} from '../test-operators.ts'
import type { OperatorToWrite } from '../write-tflite.ts'
import { arithmetic } from './arithmetic.ts'

const channels = { floats: [4] } as const
const unary = (operator: string, operand: Operand = x): OperatorCase => ({
  operator,
  operands: [operand],
  outputs: [image],
})
const binary = (operator: string, options?: OperatorToWrite['options']): OperatorCase => ({
  operator,
  operands: [x, { floats: [1, 1, 7, 4], range: [0.5, 2] }],
  outputs: [image],
  ...(options ? { options } : {}),
})

testOperators(arithmetic, [
  binary('ADD', ['Add', none]),
  binary('SUB', ['Sub', { fused_activation_function: 1 }]),
  binary('MUL', ['Mul', { fused_activation_function: 3 }]),
  binary('DIV', ['Div', { fused_activation_function: 2 }]),
  binary('MAXIMUM'),
  binary('MINIMUM'),
  binary('SQUARED_DIFFERENCE'),
  binary('FLOOR_DIV'),
  { operator: 'POW', operands: [positive, channels], outputs: [image] },
  { operator: 'ADD_N', operands: [x, { in: image }, { in: image }], outputs: [image] },
  ...['ABS', 'NEG', 'EXP', 'SQUARE', 'SIN', 'COS', 'FLOOR', 'CEIL', 'ROUND', 'ZEROS_LIKE'].map(
    (operator) => unary(operator),
  ),
  ...['LOG', 'SQRT', 'RSQRT'].map((operator) => unary(operator, positive)),
  ...['EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL'].map((operator) => ({
    operator,
    operands: [
      { in: image, type: 'INT32' as const },
      { in: image, type: 'INT32' as const },
    ],
    outputs: [image],
    outputType: 'BOOL',
  })),
  ...['LOGICAL_AND', 'LOGICAL_OR'].map((operator) => ({
    operator,
    operands: [{ bools: image }, { bools: image }],
    outputs: [image],
    outputType: 'BOOL',
  })),
  { operator: 'LOGICAL_NOT', operands: [{ bools: image }], outputs: [image], outputType: 'BOOL' },
  { operator: 'SELECT', operands: [{ bools: image }, x, { floats: image }], outputs: [image] },
  {
    operator: 'SELECT_V2',
    operands: [{ bools: [1, 1, 7, 1] }, x, { floats: [4] }],
    outputs: [image],
  },
])
