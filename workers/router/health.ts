import type { Context } from 'hono'

import { log } from '#shared/log.ts'

import type { RouterApp } from './env.ts'
import { snapshotOf } from './registry/request-snapshot.ts'

export interface Health {
  /**
   * `degraded`: answers come from the last snapshot, since D1 can't be read.
   * `unavailable`: there is no snapshot yet, so nothing can be answered.
   */
  status: 'ok' | 'degraded' | 'unavailable'
  registry: { version: number | null; ageMs: number | null; failing: boolean }
}

/** `GET /health`: 200 as long as requests can be answered, else 503. */
export async function health(c: Context<RouterApp>): Promise<Response> {
  const registry = c.get('registry')
  const readable = await snapshotOf(c).then(
    () => true,
    (err: unknown) => {
      log.warn('health_unavailable', { message: err instanceof Error ? err.message : String(err) })
      return false
    },
  )
  const { failing, age = null, version = null } = registry
  const status = readable ? (failing ? 'degraded' : 'ok') : 'unavailable'
  const body: Health = { status, registry: { version, ageMs: age, failing: failing || !readable } }
  c.header('cache-control', 'no-store')
  return c.json(body, readable ? 200 : 503)
}
