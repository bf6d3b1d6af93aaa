import { Hono } from 'hono'

import { describeIssues } from '#shared/describe-issues.ts'
import { MeshError } from '#shared/mesh-error.ts'

import type { RouterApp } from '../env.ts'
import { LogPage, nextPage } from '../log-page.ts'
import { RegistryStore } from '../registry/registry-store.ts'

/** `GET /admin/audit`: who changed what, page by page. */
export function auditRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.get('/', async (c) => {
    const parsed = LogPage.safeParse(c.req.query())
    if (!parsed.success) throw new MeshError('invalid_request', describeIssues(parsed.error))
    const audit = await new RegistryStore(c.env).listAudit(parsed.data)
    return c.json({ audit, next: nextPage(audit, parsed.data) })
  })
  return app
}
