import { c, f } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { matrix } from './matrix.ts'

const fused = (...names: string[]) => ({ fused_ops: names, num_args: 1 })

testFamily(matrix, [
  { op: 'MatMul', inputs: [f(3, 4), f(4, 5)] },
  { op: 'MatMul', inputs: [f(4, 3), c(5, 4)], attr: { transpose_a: true, transpose_b: true } },
  { op: '_FusedMatMul', inputs: [f(3, 4), c(4, 5), c(5)], attr: fused('BiasAdd', 'Relu') },
  { op: 'BatchMatMulV2', inputs: [f(2, 3, 4), f(2, 5, 4)], attr: { adj_y: true } },
  { op: 'BatchMatMul', inputs: [f(2, 4, 3), f(2, 4, 5)], attr: { adj_x: true } },
  { op: 'Einsum', inputs: [f(2, 3, 4), f(4, 5)], attr: { equation: 'bij,jk->bik' } },
])
