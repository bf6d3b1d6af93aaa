import { Hono, type MiddlewareHandler } from 'hono'

import { createOipRoutes } from '#shared/oip/oip-routes.ts'

import { requireKey } from '../authenticate.ts'
import type { RouterApp } from '../env.ts'
import { routerBackend } from './oip-backend.ts'

/** Open Inference Protocol v2 over the whole mesh. Health and what the server is need no key: clients ask before they have one. */
export function oipRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use('/v2/models/*', requireOipKey())
  app.use('/v2/repository/*', requireOipKey())
  app.route('/', createOipRoutes(routerBackend))
  return app
}

function requireOipKey(): MiddlewareHandler<RouterApp> {
  const reads = requireKey()
  const runs = requireKey('infer')
  return function requireKeyOfOip(c, next) {
    const infers = c.req.method === 'POST' && c.req.path.endsWith('/infer')
    return (infers ? runs : reads)(c, next)
  }
}
