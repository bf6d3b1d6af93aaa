import type { OperatorFamily } from './operator-scope.ts'
import { activations } from './operators/activations.ts'
import { arithmetic } from './operators/arithmetic.ts'
import { convolutions } from './operators/convolutions.ts'
import { products } from './operators/products.ts'
import { reductions } from './operators/reductions.ts'
import { shapes } from './operators/shapes.ts'
import { slices } from './operators/slices.ts'
import { windows } from './operators/windows.ts'

/** Every operator that has a conversion, by TensorFlow Lite's name for it. */
export const OPERATORS: OperatorFamily = {
  ...activations,
  ...arithmetic,
  ...convolutions,
  ...products,
  ...reductions,
  ...shapes,
  ...slices,
  ...windows,
}
