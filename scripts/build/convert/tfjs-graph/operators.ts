import type { OperatorFamily } from './operator.ts'
import { arithmetic } from './operators/arithmetic.ts'
import { comparison } from './operators/comparison.ts'
import { convolution } from './operators/convolution.ts'
import { creation } from './operators/creation.ts'
import { image } from './operators/image.ts'
import { joining } from './operators/joining.ts'
import { matrix } from './operators/matrix.ts'
import { normalisation } from './operators/normalisation.ts'
import { pooling } from './operators/pooling.ts'
import { reduction } from './operators/reduction.ts'
import { selection } from './operators/selection.ts'
import { shape } from './operators/shape.ts'
import { spaceToBatch } from './operators/space-to-batch.ts'
import { unary } from './operators/unary.ts'

/** Every TensorFlow operator that has a conversion. */
export const OPERATORS: OperatorFamily = {
  ...arithmetic,
  ...comparison,
  ...convolution,
  ...creation,
  ...image,
  ...joining,
  ...matrix,
  ...normalisation,
  ...pooling,
  ...reduction,
  ...selection,
  ...shape,
  ...spaceToBatch,
  ...unary,
}
