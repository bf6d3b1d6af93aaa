import { f, flags, whole } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { comparison } from './comparison.ts'

testFamily(comparison, [
  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'].map((op) => ({
    op,
    inputs: [whole([4, 6], 0, 3), whole([6], 0, 3)],
    gives: ['BOOL' as const],
  })),
  ...['LogicalAnd', 'LogicalOr'].map((op) => ({
    op,
    inputs: [flags(4, 5), flags(5)],
    gives: ['BOOL' as const],
  })),
  { op: 'LogicalNot', inputs: [flags(4, 5)], gives: ['BOOL'] },
  ...['Select', 'SelectV2'].map((op) => ({ op, inputs: [flags(3, 4), f(3, 4), f(3, 4)] })),
])
