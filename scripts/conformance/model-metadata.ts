import { z } from 'zod'

import { Failed } from './check.ts'
import { jsonOf, type OipClient } from './oip-client.ts'

const TensorMetadata = z.looseObject({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.int()),
})
export type TensorMetadata = z.infer<typeof TensorMetadata>

/** GET /v2/models/M. */
export const ModelMetadata = z.looseObject({
  name: z.string(),
  versions: z.array(z.string()).nullish(),
  platform: z.string(),
  inputs: z.array(TensorMetadata),
  outputs: z.array(TensorMetadata),
})
export type ModelMetadata = z.infer<typeof ModelMetadata>

/** What the server says of the model. Throws Failed when it is no metadata. */
export async function readModelMetadata(call: OipClient, name: string): Promise<ModelMetadata> {
  const path = `/v2/models/${encodeURIComponent(name)}`
  const reply = await call(path)
  const parsed = ModelMetadata.safeParse(jsonOf(reply))
  if (reply.status === 200 && parsed.success) return parsed.data
  throw new Failed(
    `expected 200 and metadata of ${path}; came ${reply.status}${parsed.error ? `: ${z.prettifyError(parsed.error)}` : ''}`,
  )
}
