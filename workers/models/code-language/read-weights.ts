import { z } from 'zod'

import { elementCount } from '#shared/tensor.ts'

const Weight = z.object({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'string']),
  quantization: z
    .object({ dtype: z.literal('uint8'), min: z.number(), scale: z.number() })
    .optional(),
})
const Model = z.object({
  weightsManifest: z.array(z.object({ weights: z.array(Weight) })).length(1),
})

export interface Weights {
  floats: ReadonlyMap<string, Float32Array>
  strings: ReadonlyMap<string, string[]>
}

/** Weights of a tfjs graph model: model.json says in which order they lie in the .bin, one after the other. */
export function readWeights(json: Uint8Array | undefined, bin: Uint8Array | undefined): Weights {
  const model = Model.parse(JSON.parse(new TextDecoder().decode(json)))
  const bytes = bin ?? new Uint8Array()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const floats = new Map<string, Float32Array>()
  const strings = new Map<string, string[]>()
  let at = 0
  for (const { name, shape, dtype, quantization } of model.weightsManifest[0]?.weights ?? []) {
    const length = elementCount(shape)
    if (dtype === 'string') {
      strings.set(name, Array.from({ length }, readString))
    } else if (quantization) {
      const { min, scale } = quantization
      floats.set(
        name,
        Float32Array.from({ length }, (_, i) => view.getUint8(at + i) * scale + min),
      )
      at += length
    } else at += length * 4 // numbers for operators that aren't rebuilt
  }
  if (at !== bytes.length) throw new Error(`the weights end at ${at} of ${bytes.length} bytes`)
  return { floats, strings }

  function readString(): string {
    const from = at + 4
    at = from + view.getUint32(at, true)
    return new TextDecoder().decode(bytes.subarray(from, at))
  }
}
