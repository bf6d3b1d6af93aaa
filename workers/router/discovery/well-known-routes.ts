import { Hono } from 'hono'
import { etag } from 'hono/etag'

import { publishedKeys } from '../cards/card-keys.ts'
import type { RouterApp } from '../env.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import { agentCard } from './agent-card.ts'
import { catalogueEntries } from './catalogue-entries.ts'
import { documentsOf } from './documents.ts'
import { withSignature } from './sign-agent-card.ts'

/** A client that looks again within a minute learns nothing new; after that it asks with the ETag it has. */
const CACHE_CONTROL = 'public, max-age=60'
/** A new key is published this long before it signs. */
const KEYS_CACHE_CONTROL = 'public, max-age=3600'

/** The documents by which agents find the mesh. Public, since who has a key has found it already. */
export function wellKnownRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use(etag())

  app.get('/agent-card.json', async (c) => {
    const { origin } = new URL(c.req.url)
    const card = agentCard(documentsOf(await snapshotOf(c)), origin)
    c.header('cache-control', CACHE_CONTROL)
    return c.json(await withSignature(card, origin, c.env))
  })
  // the second name is that of ARD's later drafts; a document is found by either
  app.on('GET', ['/ai-catalog.json', '/ard.json'], async (c) => {
    const { origin } = new URL(c.req.url)
    const entries = catalogueEntries(documentsOf(await snapshotOf(c)), origin)
    c.header('cache-control', CACHE_CONTROL)
    return c.json({
      specVersion: '1.0',
      host: { displayName: 'Capillary', documentationUrl: `${origin}/docs` },
      entries: entries.map(({ entry }) => entry),
    })
  })
  // the key that signs calls isn't here: what verifies it is told to each node, and nobody else has a use for it
  app.get('/jwks.json', async (c) => {
    c.header('cache-control', KEYS_CACHE_CONTROL)
    c.header('content-type', 'application/jwk-set+json')
    return c.body(JSON.stringify({ keys: await publishedKeys(c.env) }))
  })
  return app
}
