import { Hono } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import { adminDeploymentRoutes } from './admin-deployment-routes.ts'
import { adminKeyRoutes } from './admin-key-routes.ts'
import { adminMeasurementRoutes } from './admin-measurement-routes.ts'
import { adminModelRoutes } from './admin-model-routes.ts'
import { requireKey } from './authenticate.ts'
import type { RouterApp } from './env.ts'
import { makeIdempotent } from './make-idempotent.ts'
import { decisionRoutes } from './observe/decision-routes.ts'
import { RegistryStore } from './registry-store.ts'
import { exampleFileRoutes } from './verify/example-file-routes.ts'

const DEFAULT_AUDIT_ROWS = 100
const MAX_AUDIT_ROWS = 500

/** Changes of the registry: each is one batch with its audit entry, seen by this isolate at once. */
export function adminRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use(requireKey('admin'))
  app.use(makeIdempotent)
  app.route('/models', adminModelRoutes())
  app.route('/models', exampleFileRoutes())
  app.route('/deployments', adminDeploymentRoutes())
  app.route('/keys', adminKeyRoutes())
  app.route('/measurements', adminMeasurementRoutes())
  app.route('/decisions', decisionRoutes())

  app.get('/audit', async (c) => {
    const limit = Number(c.req.query('limit') ?? DEFAULT_AUDIT_ROWS)
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_AUDIT_ROWS) {
      throw new MeshError(
        'invalid_request',
        `limit must be a whole number from 1 to ${MAX_AUDIT_ROWS}`,
      )
    }
    return c.json({ audit: await new RegistryStore(c.env).listAudit(limit) })
  })
  return app
}
