import { Hono } from 'hono'

import { requireKey } from '../authenticate.ts'
import type { RouterApp } from '../env.ts'
import { EXPOSITION_MEDIA_TYPE, writeExposition } from './prometheus/exposition.ts'

/** `GET /metrics` for Prometheus: with a key of the scope `metrics`, which may nothing else, or an admin's. */
export function metricsRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.get('/', requireKey('admin', 'metrics'), (c) => {
    c.header('cache-control', 'no-store')
    const text = writeExposition(c.get('observer').metrics.all)
    return c.body(text, 200, { 'content-type': EXPOSITION_MEDIA_TYPE })
  })
  return app
}
