import { Hono } from 'hono'

import { describeIssues } from '#shared/describe-issues.ts'
import { MeshError } from '#shared/mesh-error.ts'

import type { RouterApp } from '../env.ts'
import { nextPage } from '../log-page.ts'
import { DecisionQuery } from './decision-query.ts'
import { DecisionStore } from './decision-store.ts'

/** `GET /admin/decisions`: what became of the latest requests, page by page. */
export function decisionRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.get('/', async (c) => {
    const parsed = DecisionQuery.safeParse(c.req.query())
    if (!parsed.success) throw new MeshError('invalid_request', describeIssues(parsed.error))
    const store = new DecisionStore(c.env)
    // who asks this isolate sees what it has decided so far; others' come a moment later
    await c.get('observer').decisions.flush((batch) => store.add(batch))
    const decisions = await store.list(parsed.data)
    return c.json({ decisions, next: nextPage(decisions, parsed.data) })
  })
  return app
}
