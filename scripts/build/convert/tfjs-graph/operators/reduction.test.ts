import { f, flags, ints, whole } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { reduction } from './reduction.ts'

testFamily(reduction, [
  ...['Mean', 'Sum', 'Max', 'Min', 'Prod', 'EuclideanNorm'].flatMap((op) => [
    { op, inputs: [f(2, 3, 4), ints([1, 2])], attr: { keep_dims: true } },
    { op, inputs: [f(2, 3, 4), ints(-1)], attr: { keep_dims: false } },
  ]),
  { op: 'Sum', inputs: [whole([3, 4], 0, 9), ints([0])], gives: ['INT32'] },
  ...['All', 'Any'].map((op) => ({
    op,
    inputs: [flags(6, 3), ints([1])],
    gives: ['BOOL' as const],
  })),
  ...['ArgMax', 'ArgMin'].map((op) => ({
    op,
    inputs: [f(3, 7), ints(1)],
    gives: ['INT32' as const],
  })),
  { op: 'Cumsum', inputs: [f(3, 4), ints(1)], attr: { exclusive: true, reverse: true } },
])
