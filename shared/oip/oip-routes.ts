import { Hono, type Context, type Env } from 'hono'
import { z } from 'zod'

import { describeIssues } from '../describe-issues.ts'
import { parseJson } from '../json.ts'
import { MeshError } from '../mesh-error.ts'
import { answerErrorsAs } from '../problem.ts'
import { readBody } from '../read-body.ts'
import { describeModel } from './describe-model.ts'
import { modelConfig } from './model-config.ts'
import type { OipBackend, OipModel } from './oip-backend.ts'
import { oipError } from './oip-error.ts'

/** Extensions of the protocol that every server here has. */
const EXTENSIONS = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'parameters',
  'statistics',
] as const

const MAX_INDEX_REQUEST_BYTES = 4096

/** Clients add fields of their own, such as the name of a repository. */
const IndexRequest = z.looseObject({ ready: z.boolean().optional() })

/**
 * Open Inference Protocol v2 below /v2, the same for every server here; mount it at `/`. No answer has
 * an address in it, so that it works behind a proxy that adds a path in front. Guards of who may ask
 * are the server's own, before these routes.
 */
export function createOipRoutes<E extends Env>(backend: OipBackend<E>): Hono<E> {
  const app = new Hono<E>()
  app.use('/v2/*', answerErrorsAs(oipError))

  app.get('/v2', (c) => c.json({ ...backend.server, extensions: EXTENSIONS }))
  // kserve's client reads `live` of one and `ready` of the other; Triton's only the status
  app.get('/v2/health/live', (c) => c.json({ live: true, ready: true }))
  app.get('/v2/health/ready', async (c) => {
    if (await backend.ready(c)) return c.json({ live: true, ready: true })
    throw new MeshError('shutting_down', `${backend.server.name} takes no requests now`)
  })

  app.get('/v2/models', async (c) => {
    const models = await backend.models(c)
    return c.json({ models: [...new Set(models.map(({ name }) => name))] })
  })
  app.get('/v2/models/stats', async (c) => c.json({ model_stats: await backend.statistics(c) }))
  app.post('/v2/repository/index', async (c) => {
    const { ready } = await readIndexRequest(c.req.raw)
    const models = await backend.models(c)
    return c.json(models.filter((model) => ready !== true || model.ready).map(indexEntry))
  })
  app.post('/v2/repository/models/:name/:change{load|unload}', (c) => {
    throw new MeshError(
      'unsupported',
      `${backend.server.name} loads and unloads models by itself; '${c.req.param('change')}' cannot be asked for`,
    )
  })

  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version'] as const) {
    const find = (c: Context<E>) =>
      backend.requireModel(c, c.req.param('name') ?? '', c.req.param('version'))

    app.get(path, async (c) => c.json(describeModel(await find(c))))
    app.get(`${path}/ready`, async (c) => {
      const models = await find(c)
      const ready = models.find((model) => model.ready)
      if (ready) {
        await backend.warmModel?.(c, ready.name, ready.version)
        return c.json({ name: ready.name, ready: true })
      }
      throw new MeshError(
        'model_unavailable',
        `[${c.req.param('name')}] is not ready: ${models[0]?.reason ?? 'no version of it is'}`,
      )
    })
    app.get(`${path}/config`, async (c) => c.json(modelConfig(await find(c))))
    app.get(`${path}/stats`, async (c) => {
      const { name = '', version } = namesOf(c)
      return c.json({ model_stats: await backend.statistics(c, name, version) })
    })
    app.post(`${path}/infer`, (c) => {
      const { name = '', version } = namesOf(c)
      return backend.infer(c, name, version)
    })
  }
  return app
}

function namesOf(c: Context): { name: string | undefined; version: string | undefined } {
  return { name: c.req.param('name'), version: c.req.param('version') }
}

/** An empty body asks for all. */
async function readIndexRequest(request: Request): Promise<z.infer<typeof IndexRequest>> {
  const body = await readBody(request, MAX_INDEX_REQUEST_BYTES, '[index]')
  if (body.byteLength === 0) return {}
  const parsed = IndexRequest.safeParse(parseJson(body))
  if (parsed.success) return parsed.data
  throw new MeshError('invalid_request', `[index] ${describeIssues(parsed.error)}`)
}

function indexEntry({ name, version, ready, reason }: OipModel): unknown {
  return { name, version, state: ready ? 'READY' : 'UNAVAILABLE', reason: reason ?? '' }
}
