import type { NotFoundHandler } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'
import { errorResponse } from '#shared/problem.ts'

import type { RouterApp } from './env.ts'

/** No more of a caller's own words is repeated in a message. */
const MAX_ECHO_CHARS = 96

/** Of an address that the router doesn't have, `/` among them: where those that it has are told. */
export const answerNotFound: NotFoundHandler<RouterApp> = function answerNotFound(c) {
  const asked = `${c.req.method} ${c.req.path.slice(0, MAX_ECHO_CHARS)}`
  return errorResponse(
    c,
    new MeshError('not_found', `${asked} is not an address of the mesh; GET /docs tells all`),
  )
}
