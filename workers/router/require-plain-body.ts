import type { Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

/** A compressed body would reach the model as noise, and its true size is not known. Throws `media_type_unsupported`. */
export function requirePlainBody(c: Context): void {
  const encoding = c.req.header('content-encoding') ?? 'identity'
  if (encoding.toLowerCase() === 'identity') return
  throw new MeshError('media_type_unsupported', 'send the body without a content-encoding')
}
