import { Hono, type Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import { requireKey } from './authenticate.ts'
import { card, shown } from './cards/card.ts'
import type { RouterApp } from './env.ts'
import { countServing } from './matching/offer.ts'
import { nearest } from './nearest.ts'
import { snapshotOf } from './registry/request-snapshot.ts'
import { RolloutStore, type SeenRollout } from './rollout/rollout-store.ts'
import type { HealthBoard } from './resilience/health-board.ts'
import type { Deployment } from './registry/snapshot.ts'

/** Ids in one answer, at most and by default. */
const MAX_PAGE = 1_000

/** What the mesh offers, read from the snapshot: capabilities, models, topology. */
export function catalogueRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  for (const path of ['/capabilities', '/models', '/models/*', '/topology'])
    app.use(path, requireKey())

  app.get('/capabilities', async (c) => {
    const { capabilities, offers } = await snapshotOf(c)
    const { items, next } = page(c, capabilities.keys())
    const isLive = c.get('registry').leases.liveAt(Date.now())
    const offered = items.map((id) => {
      const entry = capabilities.get(id)
      const manifests = (entry?.models ?? []).map(({ manifest }) => manifest)
      return {
        id,
        models: [...new Set(manifests.map((manifest) => manifest.id))],
        accepts: [...new Set(manifests.flatMap(({ accepts }) => accepts))],
        ready: countServing(offers.get(id) ?? [], 'task', isLive),
      }
    })
    return c.json({ capabilities: offered, next })
  })

  app.get('/models', async (c) => {
    const snapshot = await snapshotOf(c)
    const { items, next } = page(c, snapshot.versions.keys())
    const models = items.flatMap((id) => snapshot.versions.get(id) ?? [])
    return c.json({ models: models.map((model) => card(model, snapshot)), next })
  })

  app.get('/models/:id', async (c) => {
    const snapshot = await snapshotOf(c)
    const id = c.req.param('id')
    const versions = snapshot.versions.get(id)
    if (versions) {
      const seen = snapshot.rollouts.has(id) ? await seenOf(c, id) : []
      return c.json({ id, versions: versions.map((model) => card(model, snapshot, seen)) })
    }
    throw new MeshError(
      'model_unknown',
      `there is no model '${id.slice(0, 48)}'; GET /models lists all`,
      { extensions: { nearest: nearest(id, snapshot.versions.keys()) } },
    )
  })

  app.get('/topology', async (c) => {
    const { deployments, version } = await snapshotOf(c)
    const nodes = Map.groupBy(deployments, ({ node }) => node)
    const { items, next } = page(c, nodes.keys())
    return c.json({
      registryVersion: version,
      nodes: items.map((id) => ({
        id,
        deployments: (nodes.get(id) ?? []).map((own) =>
          Object.assign(shown(own), { health: healthOf(own, c.get('board')) }),
        ),
      })),
      next,
    })
  })
  return app
}

/** What was seen of a model's rollouts; a card doesn't fail for the lack of it. */
function seenOf({ env }: Context<RouterApp>, model: string): Promise<readonly SeenRollout[]> {
  return new RolloutStore(env).list(model).catch(() => [])
}

/** The part of a list that `?after=<id>&limit=<n>` asks for, in the order of ids; `next` is null at the end. */
function page(c: Context, ids: Iterable<string>): { items: string[]; next: string | null } {
  const limit = Number(c.req.query('limit') ?? MAX_PAGE)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new MeshError('invalid_request', `limit must be a whole number from 1 to ${MAX_PAGE}`)
  }
  const after = c.req.query('after') ?? ''
  const rest = Array.from(ids)
    .filter((id) => id > after)
    .toSorted()
  const items = rest.slice(0, limit)
  return { items, next: rest.length > limit ? (items.at(-1) ?? null) : null }
}

/**
 * How a deployment is, as this isolate knows it: `reachable` is null where it is not ready or its lease is over, and
 * `breaker` where it was never called from here.
 */
function healthOf(own: Deployment, board: HealthBoard): unknown {
  const now = Date.now()
  const isLive = board.leases.overSince(own, now) === undefined
  return {
    lease: own.leaseSeconds === null ? null : isLive ? 'good' : 'over',
    reachable: own.state === 'ready' && isLive ? own.unreachableSince === null : null,
    breaker: board.find(own)?.breaker.state(now) ?? null,
  }
}
