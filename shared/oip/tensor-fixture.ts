import * as fc from 'fast-check'

import { DATATYPES, DATATYPE_NAMES, elementCount, type Tensor } from '../tensor.ts'
import { parseBinaryTensor } from './binary-tensor.ts'

const MAX_DIMENSION = 5
const MAX_RANK = 4

/** Shapes of every rank, dimensions of nothing and scalars among them. */
export const anyShape = fc.array(fc.nat(MAX_DIMENSION), { maxLength: MAX_RANK })

export const anyDatatype = fc.constantFrom(...DATATYPE_NAMES)

/** Tensors of every datatype with any bits: NaNs of all kinds, the ends of every range, bytes that are no text. */
export const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(anyDatatype, anyShape)
  .chain(([datatype, shape]) => {
    const count = elementCount(shape)
    if (datatype === 'BYTES') {
      const element = fc.uint8Array({ maxLength: 9 })
      return fc
        .array(element, { minLength: count, maxLength: count })
        .map((data): Tensor => ({ datatype, shape, data }))
    }
    const size = count * DATATYPES[datatype].BYTES_PER_ELEMENT
    const max = datatype === 'BOOL' ? 1 : 255
    return fc
      .uint8Array({ minLength: size, maxLength: size, max })
      .map((bytes) => parseBinaryTensor(bytes, { datatype, shape }, 'it'))
  })
