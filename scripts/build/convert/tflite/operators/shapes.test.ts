import { image, x, testOperators } from '../test-operators.ts'
import { shapes } from './shapes.ts'

/** The type's code in the schema. */
const INT32 = 2

testOperators(
  shapes,
  [
    { operator: 'RESHAPE', operands: [x, { ints: [1, 35, 4] }], outputs: [[1, 35, 4]] },
    { operator: 'SQUEEZE', operands: [x], outputs: [[5, 7, 4]] },
    {
      operator: 'EXPAND_DIMS',
      operands: [x, { ints: [0], shape: [] }],
      outputs: [[1, 1, 5, 7, 4]],
    },
    { operator: 'TRANSPOSE', operands: [x, { ints: [0, 3, 1, 2] }], outputs: [[1, 4, 5, 7]] },
    {
      operator: 'CONCATENATION',
      operands: [x, { in: [1, 5, 7, 2] }],
      outputs: [[1, 5, 7, 6]],
      options: ['Concatenation', { axis: -1 }],
    },
    {
      operator: 'PACK',
      operands: [{ in: [2, 3] }, { in: [2, 3] }],
      outputs: [[2, 2, 3]],
      options: ['Pack', { axis: 1, values_count: 2 }],
    },
    {
      operator: 'UNPACK',
      operands: [{ in: [2, 2, 3] }],
      outputs: [
        [2, 3],
        [2, 3],
      ],
      options: ['Unpack', { axis: 1, num: 2 }],
    },
    { operator: 'TILE', operands: [{ in: [2, 3] }, { ints: [2, 1] }], outputs: [[4, 3]] },
    {
      operator: 'BROADCAST_TO',
      version: 2,
      operands: [{ in: [1, 3] }, { ints: [4, 3] }],
      outputs: [[4, 3]],
    },
    {
      operator: 'CAST',
      about: 'to integers',
      operands: [{ in: image, range: [-9, 9] }],
      outputs: [image],
      outputType: 'INT32',
    },
    {
      operator: 'CAST',
      about: 'to floats',
      operands: [{ in: image, type: 'INT32', range: [-9, 9] }],
      outputs: [image],
    },
    {
      operator: 'CAST',
      about: 'of bytes',
      operands: [{ in: image, type: 'UINT8', range: [0, 255] }],
      outputs: [image],
    },
    {
      operator: 'CAST',
      about: 'to bytes',
      operands: [{ in: image, range: [0, 255] }],
      outputs: [image],
      outputType: 'UINT8',
    },
    {
      operator: 'SHAPE',
      operands: [x],
      outputs: [[4]],
      outputType: 'INT32',
      isCast: true, // LiteRT knows it before it runs, and leaves the memory of such an output as it was
      options: ['Shape', { out_type: INT32 }],
    },
  ],
  ['DEQUANTIZE'],
)
