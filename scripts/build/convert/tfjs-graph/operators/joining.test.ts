import { f, ints } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { joining } from './joining.ts'

testFamily(joining, [
  { op: 'ConcatV2', inputs: [f(2, 3), f(2, 5), ints(1)] },
  { op: 'ConcatV2', inputs: [f(2, 3, 1), f(2, 3, 2), ints(-1)] },
  { op: 'Concat', inputs: [ints(0), f(2, 3), f(1, 3)] },
  { op: 'Pack', inputs: [f(2, 3), f(2, 3)], attr: { axis: 1 } },
  {
    op: 'Split',
    inputs: [ints(1), f(2, 6)],
    attr: { num_split: 3 },
    gives: ['FP32', 'FP32', 'FP32'],
  },
  {
    op: 'SplitV',
    inputs: [f(2, 6), ints([1, 3, 2]), ints(1)],
    attr: { num_split: 3 },
    gives: ['FP32', 'FP32', 'FP32'],
  },
  {
    op: 'Unpack',
    inputs: [f(2, 3, 4)],
    attr: { num: 3, axis: 1 },
    gives: ['FP32', 'FP32', 'FP32'],
  },
])
