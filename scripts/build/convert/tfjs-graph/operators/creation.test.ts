import { f, ints, single, whole } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { creation } from './creation.ts'

testFamily(creation, [
  { op: 'Fill', inputs: [ints([2, 3]), single(1.5)], attr: { T: { type: 'DT_FLOAT' } } },
  { op: 'ZerosLike', inputs: [f(2, 3)] },
  { op: 'OnesLike', inputs: [whole([2, 3], 0, 9)], gives: ['INT32'] },
  {
    op: 'Range',
    inputs: [ints(2), ints(11), ints(3)],
    attr: { Tidx: { type: 'DT_INT32' } },
    gives: ['INT32'],
  },
  { op: 'LinSpace', inputs: [single(-1), single(2), ints(7)] },
])
