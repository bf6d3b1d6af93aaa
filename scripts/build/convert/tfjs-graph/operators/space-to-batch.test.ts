import { f, ints, pairs } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { spaceToBatch } from './space-to-batch.ts'

testFamily(spaceToBatch, [
  {
    op: 'SpaceToBatchND',
    inputs: [f(2, 5, 6, 3), ints([2, 2]), pairs([1, 0, 0, 2])],
  },
  {
    op: 'BatchToSpaceND',
    inputs: [f(8, 3, 4, 3), ints([2, 2]), pairs([1, 0, 0, 2])],
  },
])
