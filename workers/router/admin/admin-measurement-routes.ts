import { Hono } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import { PutMeasurement } from './admin-bodies.ts'
import { change, readAdminBody } from './admin-change.ts'
import { requireDeployment } from './admin-deployment-routes.ts'
import type { RouterApp } from '../env.ts'
import { latestSnapshotOf } from '../registry/request-snapshot.ts'
import { VerificationStore } from '../verify/verification-store.ts'

const MAX_LISTED = 500

/** `/admin/measurements`: what was measured of a deployment, apart from what its owner claims. */
export function adminMeasurementRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.get('/', async (c) => {
    const wanted = c.req.query('deployment')
    if (wanted === undefined) {
      throw new MeshError(
        'invalid_request',
        'say whose measurements: ?deployment=<id>; GET /admin/deployments lists all',
      )
    }
    const { id } = requireDeployment(await latestSnapshotOf(c), wanted)
    const store = new VerificationStore(c.env)
    return c.json({ deployment: id, measurements: await store.listMeasurements(id, MAX_LISTED) })
  })

  app.post('/', async (c) => {
    const { deployment, metric, value, samples } = await readAdminBody(c, PutMeasurement)
    const { id } = requireDeployment(await latestSnapshotOf(c), deployment)
    await change(c, 'add_measurement', id, (store, audit) =>
      store.addMeasurement(
        { deploymentId: id, metric, value, samples: samples ?? null },
        { ...audit, detail: `${metric} ${value}` },
      ),
    )
    return c.json({ deployment: id, metric, value, samples }, 201)
  })
  return app
}
