import type { Hono, MiddlewareHandler } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'

import { MeshError } from '#shared/mesh-error.ts'
import { errorResponse } from '#shared/problem.ts'

import type { RouterApp } from './env.ts'

/** Answers `method_not_allowed`, with the methods there are, where the path is known but not for this method. */
export function refuseOtherMethods(app: Hono<RouterApp>): MiddlewareHandler<RouterApp> {
  return methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      const allowed = methods.join(', ')
      c.header('allow', allowed)
      return errorResponse(
        c,
        new MeshError('method_not_allowed', `${c.req.path} takes ${allowed}, not ${c.req.method}`),
      )
    },
  })
}
