import { Hono, type Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import { change, readAdminBody } from './admin-change.ts'
import type { RouterApp } from '../env.ts'
import { latestSnapshotOf } from '../registry/request-snapshot.ts'
import { learnEvidence } from '../rollout/learn-evidence.ts'
import { PatchRollout, StartRollout, type Rollout } from '../rollout/rollout.ts'
import { RolloutStore } from '../rollout/rollout-store.ts'
import { showRollout } from '../rollout/show-rollout.ts'
import { whyWithheld } from '../rollout/version-parts.ts'
import { versionKey, type Snapshot } from '../registry/snapshot.ts'

/** `/admin/rollouts`: a version of a model on its way to take the place of another. */
export function adminRolloutRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()

  app.get('/', async (c) => {
    await learnNow(c)
    return c.json({ rollouts: (await new RolloutStore(c.env).list()).map(showRollout) })
  })

  app.post('/', async (c) => {
    const { model, limits, expiresInSeconds, ...own } = await readAdminBody(c, StartRollout)
    const startedAt = Date.now()
    const rollout: Rollout = {
      ...own,
      ...limits,
      id: crypto.randomUUID(),
      modelId: model,
      state: 'running',
      startedAt,
      expiresAt: startedAt + expiresInSeconds * 1_000,
      decidedAt: null,
      reason: null,
    }
    checkStart(await latestSnapshotOf(c), rollout)
    const { stable, candidate, share } = rollout
    const detail = `after version ${stable}, share ${share}`
    await change(c, 'start_rollout', `${model}@${candidate}`, (_, audit) =>
      new RolloutStore(c.env).start(rollout, { ...audit, detail }),
    )
    return c.json(await shown(c, model, rollout.id), 201)
  })

  app.get('/:model', async (c) => {
    const model = c.req.param('model')
    requireRollouts(await latestSnapshotOf(c), model)
    await learnNow(c)
    return c.json({ model, rollouts: (await new RolloutStore(c.env).list(model)).map(showRollout) })
  })

  app.patch('/:model', async (c) => {
    const { state, ...patch } = await readAdminBody(c, PatchRollout)
    const model = c.req.param('model')
    const { id, candidate } = requireRunning(await latestSnapshotOf(c), model)
    const target = `${model}@${candidate}`
    const store = new RolloutStore(c.env)
    // what was sent along with a verdict has no more effect
    await (state === undefined
      ? change(c, 'change_rollout', target, (_, audit) =>
          store.change(id, patch, { ...audit, detail: JSON.stringify(patch) }),
        )
      : change(c, 'settle_rollout', target, (_, audit) =>
          store.settle(id, { state, reason: 'by an admin' }, audit),
        ))
    return c.json(await shown(c, model, id))
  })

  app.delete('/:model', async (c) => {
    const model = c.req.param('model')
    const running = requireRollouts(await latestSnapshotOf(c), model).find(isRunning)
    if (running) {
      throw new MeshError(
        'conflict',
        `version ${running.candidate} of ${model} is being rolled out: PATCH its state first`,
      )
    }
    await change(c, 'forget_rollouts', model, (_, audit) =>
      new RolloutStore(c.env).forget(model, audit),
    )
    return c.body(null, 204)
  })
  return app
}

/** Who asks this isolate sees what it has seen so far; others' comes a moment later. */
function learnNow(c: Context<RouterApp>): Promise<void> {
  return c.get('observer').evidence.flush((batch) => learnEvidence(c, batch))
}

async function shown(c: Context<RouterApp>, model: string, id: string): Promise<object> {
  const seen = (await new RolloutStore(c.env).list(model)).find(({ rollout }) => rollout.id === id)
  if (seen) return showRollout(seen)
  throw new MeshError('conflict', 'another change came in between: look again and repeat')
}

/** Throws `model_unknown` or `conflict`. Where its versions run is nothing to it: the candidate may be deployed later. */
function checkStart({ models, rollouts, offersOfModel }: Snapshot, own: Rollout): void {
  const { modelId, stable, candidate } = own
  for (const version of [stable, candidate]) {
    const key = versionKey({ id: modelId, version })
    if (models.has(key)) continue
    throw new MeshError('model_unknown', `${key} is not registered: POST /admin/models first`)
  }
  const running = rollouts.get(modelId)?.find(isRunning)
  if (running) {
    throw new MeshError(
      'conflict',
      `version ${running.candidate} of ${modelId} is being rolled out: one at a time`,
    )
  }
  const offers = offersOfModel.get(modelId) ?? []
  const part = offers.find(({ model }) => model.manifest.version === stable)?.part
  if (!part) return
  const why = whyWithheld(part) ?? `version ${part.rollout.candidate} took its place`
  throw new MeshError('conflict', `version ${stable} of ${modelId} is not the stable one: ${why}`)
}

function isRunning({ state }: Rollout): boolean {
  return state === 'running'
}

function requireRollouts({ rollouts }: Snapshot, model: string): readonly Rollout[] {
  const found = rollouts.get(model)
  if (found) return found
  throw new MeshError(
    'not_found',
    `there is no rollout of '${model.slice(0, 64)}'; GET /admin/rollouts lists all`,
  )
}

function requireRunning(snapshot: Snapshot, model: string): Rollout {
  const found = requireRollouts(snapshot, model).find(isRunning)
  if (found) return found
  throw new MeshError('conflict', `no rollout of ${model} is running: each is decided once`)
}
