import type { LayerFamily } from './operator.ts'
import { activation } from './operators/activation.ts'
import { convolution } from './operators/convolution.ts'
import { core } from './operators/core.ts'
import { merge } from './operators/merge.ts'
import { normalisation } from './operators/normalisation.ts'
import { pooling } from './operators/pooling.ts'
import { spatial } from './operators/spatial.ts'
import { upscaler } from './operators/upscaler.ts'

/** Every Keras layer that has a conversion. */
export const OPERATORS: LayerFamily = {
  ...activation,
  ...convolution,
  ...core,
  ...merge,
  ...normalisation,
  ...pooling,
  ...spatial,
  ...upscaler,
}
