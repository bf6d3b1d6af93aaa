import { Hono } from 'hono'
import { etag } from 'hono/etag'

import type { RouterApp } from '../env.ts'
import { openApi } from './openapi.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import type { Snapshot } from '../registry/snapshot.ts'

/** A client that looks again within a minute learns nothing new; after that it asks with the ETag it has. */
const CACHE_CONTROL = 'public, max-age=60'

/**
 * The document without its last member, `servers`: snapshots are never changed, and to make it takes a
 * hundred times as long as to send it, for anybody who asks.
 */
const texts = new WeakMap<Snapshot, string>()

/** `GET /openapi.json`, public as the catalogue is. */
export function openApiRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.get('/openapi.json', etag(), async (c) => {
    const servers = [{ url: new URL(c.req.url).origin }]
    const text = textOf(await snapshotOf(c)).slice(0, -1)
    return c.body(`${text},"servers":${JSON.stringify(servers)}}`, 200, {
      'content-type': 'application/json',
      'cache-control': CACHE_CONTROL,
    })
  })
  return app
}

function textOf(snapshot: Snapshot): string {
  const known = texts.get(snapshot)
  if (known !== undefined) return known
  const text = JSON.stringify(openApi(snapshot))
  texts.set(snapshot, text)
  return text
}
