import { z } from 'zod'

import { foreignNodeError } from '../../foreign-node-error.ts'
import { configuredActivation, configuredBias } from '../layer-config.ts'
import type { ConvertLayer, LayerFamily } from '../operator.ts'

const Reshape = z.object({ target_shape: z.array(z.int().min(-1).nullable()) })
const Permute = z.object({ dims: z.array(z.int().positive()) })
const RepeatVector = z.object({ n: z.int().positive() })

/** What a layer does only while it is trained. */
const same: ConvertLayer = (_, { x }) => x

export const core: LayerFamily = {
  Dropout: same,
  SpatialDropout1D: same,
  GaussianNoise: same,
  GaussianDropout: same,
  AlphaDropout: same,
  Dense(e, call) {
    const product = e.emit('MatMul', [call.x.edge, call.weight('kernel')])
    const bias = configuredBias(call)
    const sum = bias === undefined ? product : e.emit('Add', [product, bias])
    return { ...call.x, edge: configuredActivation(e, call, sum) }
  },
  Flatten: (e, { x }) => ({ edge: e.emit('Flatten', [x.edge], { axis: 1 }), rank: 2 }),
  Reshape(e, call) {
    const sizes = call.config(Reshape).target_shape.map((size) => size ?? -1)
    // 0 keeps the size of the batch
    const edge = e.emit('Reshape', [call.x.edge, e.ints([0, ...sizes])])
    return { edge, rank: sizes.length + 1 }
  },
  Permute(e, call) {
    const { dims } = call.config(Permute)
    return { ...call.x, edge: e.emit('Transpose', [call.x.edge], { perm: [0, ...dims] }) }
  },
  RepeatVector(e, call) {
    const { n } = call.config(RepeatVector)
    const single = e.emit('Unsqueeze', [call.x.edge, e.ints([1])])
    return { edge: e.emit('Tile', [single, e.ints([1, n, 1])]), rank: 3 }
  },
  Embedding(e, call) {
    if (call.config(z.object({ mask_zero: z.boolean().nullish() })).mask_zero) {
      throw foreignNodeError(
        call,
        'masks zeros, which later layers would have to know; it can not be converted',
      )
    }
    const rows = e.emit('Cast', [call.x.edge], { to: 6 }) // INT32: Keras has indices as floats too
    return {
      edge: e.emit('Gather', [call.weight('embeddings'), rows], { axis: 0 }),
      rank: call.x.rank + 1,
    }
  },
}
