import { Hono } from 'hono'

import { VerifyDeployment } from './admin-bodies.ts'
import { readAdminBody } from './admin-change.ts'
import { requireDeployment } from './admin-deployment-routes.ts'
import type { RouterApp } from '../env.ts'
import { latestSnapshotOf } from '../registry/request-snapshot.ts'
import { verifyNow } from '../verify/verify-now.ts'

/** `/admin/verifications`: runs the examples of a deployment's model now. No address below the deployment's, since ids hold slashes. */
export function adminVerificationRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.post('/', async (c) => {
    const { deployment: id } = await readAdminBody(c, VerifyDeployment)
    const deployment = requireDeployment(await latestSnapshotOf(c), id)
    return c.json({ deployment: deployment.id, verification: await verifyNow(c, deployment) })
  })
  return app
}
