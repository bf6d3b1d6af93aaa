import { none, testOperators } from '../test-operators.ts'
import { products } from './products.ts'

testOperators(products, [
  {
    operator: 'FULLY_CONNECTED',
    about: 'RELU',
    operands: [{ in: [2, 6] }, { floats: [3, 6] }, { floats: [3] }],
    outputs: [[2, 3]],
    options: ['FullyConnected', { fused_activation_function: 1 }],
  },
  {
    operator: 'FULLY_CONNECTED',
    about: 'of a whole image, without a bias',
    operands: [{ in: [1, 2, 3, 4] }, { floats: [5, 24] }, 'absent'],
    outputs: [[1, 5]],
    options: ['FullyConnected', none],
  },
  {
    operator: 'BATCH_MATMUL',
    operands: [{ in: [2, 3, 4] }, { in: [2, 4, 5] }],
    outputs: [[2, 3, 5]],
    options: ['BatchMatMul', {}],
  },
  {
    operator: 'BATCH_MATMUL',
    about: 'both turned',
    operands: [{ in: [2, 4, 3] }, { in: [2, 5, 4] }],
    outputs: [[2, 3, 5]],
    options: ['BatchMatMul', { adj_x: 1, adj_y: 1 }],
  },
])
