import { Hono } from 'hono'

import { RenewLeases } from '../admin/admin-bodies.ts'
import { readAdminBody } from '../admin/admin-change.ts'
import type { RouterApp } from '../env.ts'
import { LeaseStore } from './lease-store.ts'

/** `/admin/leases`: a node says that it is still there, of all its deployments at once. Such news is not audited. */
export function leaseRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.post('/', async (c) => {
    const { deployments } = await readAdminBody(c, RenewLeases)
    const { id, scopes } = c.get('key')
    const owner = scopes.includes('admin') ? null : id
    const renewed = await new LeaseStore(c.env).renew(deployments, owner)
    const known = new Set(renewed)
    // removed meanwhile, without a lease or another's: who renews must register
    return c.json({ renewed, refused: deployments.filter((own) => !known.has(own)) })
  })
  return app
}
