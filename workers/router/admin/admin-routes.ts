import { Hono, type MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'

import { adminDeploymentRoutes } from './admin-deployment-routes.ts'
import { adminKeyRoutes } from './admin-key-routes.ts'
import { adminMeasurementRoutes } from './admin-measurement-routes.ts'
import { adminModelRoutes } from './admin-model-routes.ts'
import { adminRolloutRoutes } from './admin-rollout-routes.ts'
import { adminVerificationRoutes } from './admin-verification-routes.ts'
import { auditRoutes } from './audit-routes.ts'
import { requireKey } from '../authenticate.ts'
import type { RouterApp } from '../env.ts'
import { leaseRoutes } from '../leases/lease-routes.ts'
import { makeIdempotent } from './make-idempotent.ts'
import { decisionRoutes } from '../observe/decision-routes.ts'
import { exampleFileRoutes } from '../verify/example-file-routes.ts'

/** What a key of the scope register may ask for, of what it has registered itself; all else is for admins. */
const FOR_NODES = [
  ['GET', '/deployments'],
  ['POST', '/deployments'],
  ['DELETE', '/deployments/:id{.+}'],
  ['POST', '/leases'],
] as const

const requireAdmin = requireKey('admin')

/** Whoever was not let in for one of those. */
const requireAdminElse: MiddlewareHandler<RouterApp> = createMiddleware<RouterApp>(
  async function requireAdminUnlessKnown(c, next) {
    // as: it is set once a key was shown, and nothing else sets it
    const known = c.get('key') as RouterApp['Variables']['key'] | undefined
    return known === undefined ? requireAdmin(c, next) : next()
  },
)

/** Changes of the registry: each is one batch with its audit entry, seen by this isolate at once. */
export function adminRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  for (const [method, path] of FOR_NODES) app.on(method, path, requireKey('admin', 'register'))
  app.use(requireAdminElse)
  app.use(makeIdempotent)
  app.route('/models', adminModelRoutes())
  app.route('/models', exampleFileRoutes())
  app.route('/deployments', adminDeploymentRoutes())
  app.route('/leases', leaseRoutes())
  app.route('/keys', adminKeyRoutes())
  app.route('/measurements', adminMeasurementRoutes())
  app.route('/rollouts', adminRolloutRoutes())
  app.route('/verifications', adminVerificationRoutes())
  app.route('/decisions', decisionRoutes())
  app.route('/audit', auditRoutes())
  return app
}
