import {
  image,
  none,
  positive,
  x,
  testOperators,
  type OperatorCase,
  type Operand,
} from '../test-operators.ts'
import { reductions } from './reductions.ts'

/** The type's code in the schema. */
const INT32 = 2
const unary = (operator: string, operand: Operand = x): OperatorCase => ({
  operator,
  operands: [operand],
  outputs: [image],
})
const reduce = (
  operator: string,
  axes: readonly number[],
  output: readonly number[],
  keep: boolean,
): OperatorCase => ({
  operator,
  about: `along ${axes}${keep ? ', axes kept' : ''}`,
  operands: [positive, { ints: axes }],
  outputs: [output],
  options: ['Reducer', { keep_dims: keep ? 1 : 0 }],
})

testOperators(reductions, [
  reduce('MEAN', [1, 2], [1, 1, 1, 4], true),
  reduce('MEAN', [1, 2], [1, 4], false),
  reduce('SUM', [-1], [1, 5, 7], false),
  reduce('REDUCE_MAX', [3], [1, 5, 7, 1], true),
  reduce('REDUCE_MIN', [1], [1, 7, 4], false),
  reduce('REDUCE_PROD', [1], [1, 7, 4], false),
  {
    operator: 'ARG_MAX',
    operands: [x, { ints: [-1], shape: [] }],
    outputs: [[1, 5, 7]],
    outputType: 'INT32',
    options: ['ArgMax', { output_type: INT32 }],
  },
  {
    operator: 'ARG_MIN',
    operands: [x, { ints: [1], shape: [] }],
    outputs: [[1, 7, 4]],
    outputType: 'INT32',
    options: ['ArgMin', { output_type: INT32 }],
  },
  { ...unary('L2_NORMALIZATION'), options: ['L2Norm', none] },
])
