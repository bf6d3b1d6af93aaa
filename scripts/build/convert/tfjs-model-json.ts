import { z } from 'zod'

import { BuildError } from '../build-error.ts'
import type { ForeignModel } from './converter.ts'

/** The file that a tfjs model begins with, under the name that its format gives it. */
const MODEL_JSON = 'model.json'

/** One weight of the manifest of weights; they lie one after the other in the shards of their group. */
export const WeightSpec = z.object({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'bool', 'uint8', 'uint16', 'string', 'complex64']),
  quantization: z
    .discriminatedUnion('dtype', [
      z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
      z.object({ dtype: z.literal('float16') }),
    ])
    .optional(),
})
export type WeightSpec = z.infer<typeof WeightSpec>

export const WeightsManifest = z.array(
  z.object({ paths: z.array(z.string()), weights: z.array(WeightSpec) }),
)
export type WeightsManifest = z.infer<typeof WeightsManifest>

/** Parses model.json. Throws BuildError that lists every field that is wrong. */
export function parseTfjsModelJson<T extends z.ZodRawShape>(
  { who, files }: Pick<ForeignModel, 'who' | 'files'>,
  topology: z.ZodObject<T>,
): z.infer<z.ZodObject<T>> & { weightsManifest: WeightsManifest } {
  const bytes = files[MODEL_JSON]
  if (!bytes) {
    throw new BuildError(
      `${who} names no file '${MODEL_JSON}'; it names ${Object.keys(files).join(', ') || 'none'}`,
    )
  }
  const parsed = topology
    .extend({ weightsManifest: WeightsManifest })
    .safeParse(parseJson(bytes, who))
  if (parsed.success) {
    // as: zod can't tell that extending an unknown shape keeps its fields
    return parsed.data as z.infer<z.ZodObject<T>> & { weightsManifest: WeightsManifest }
  }
  throw new BuildError(`${who} ${MODEL_JSON} is not valid:\n${z.prettifyError(parsed.error)}`)
}

function parseJson(bytes: Uint8Array, who: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch (err) {
    throw new BuildError(`${who} ${MODEL_JSON} is not JSON; is it whole?`, { cause: err })
  }
}
