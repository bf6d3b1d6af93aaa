import { Hono, type Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import { requireKey } from '../authenticate.ts'
import type { RouterApp } from '../env.ts'
import { nearest } from '../nearest.ts'
import { snapshotOf } from '../registry/request-snapshot.ts'
import { versionKey } from '../registry/snapshot.ts'
import { card } from './card.ts'
import { requireCardKey } from './card-keys.ts'
import { signCard } from './sign-card.ts'

/** `/models/{id}/versions/{version}`: the card of one version, and the same signed. */
export function cardRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use('/:id/versions/*', requireKey())

  app.get('/:id/versions/:version', async (c) => c.json((await requireCard(c)).card))

  app.get('/:id/versions/:version/card.jws', async (c) => {
    const key = await requireCardKey(c.env)
    const { subject, card: own } = await requireCard(c)
    const { origin } = new URL(c.req.url)
    const signed = await signCard({ card: own, subject, issuer: origin }, key)
    return c.body(signed, 200, { 'content-type': 'application/jose' })
  })
  return app
}

async function requireCard(
  c: Context<RouterApp, '/:id/versions/:version'>,
): Promise<{ subject: string; card: object }> {
  const snapshot = await snapshotOf(c)
  const subject = versionKey(c.req.param())
  const model = snapshot.models.get(subject)
  if (model) return { subject, card: card(model, snapshot) }
  throw new MeshError(
    'model_unknown',
    `there is no model '${subject.slice(0, 64)}'; GET /models lists all`,
    { extensions: { nearest: nearest(subject.slice(0, 64), snapshot.models.keys()) } },
  )
}
