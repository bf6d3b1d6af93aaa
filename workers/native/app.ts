import { Hono } from 'hono'

import { runtime } from '#onnx'
import type { LoadedModel } from '#shared/loaded-model.ts'
import { log } from '#shared/log.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { taskRoutes, type RequireModel } from '#shared/task-routes.ts'
import { createModelBackend } from '#shared/oip/model-backend.ts'
import { oipError } from '#shared/oip/oip-error.ts'
import { createOipRoutes } from '#shared/oip/oip-routes.ts'
import { answerErrorsAs, onError, onNotFound } from '#shared/problem.ts'
import { MESH_VERSION, REQUEST_ID_HEADER, type NodeDescriptor } from '#shared/protocol.ts'
import { requireRouter } from '#shared/require-router.ts'

import type { Config } from './config.ts'
import type { NodeMetrics } from './metrics.ts'
import { requireMetricsToken } from './require-metrics-token.ts'
import type { Tracer } from './tracer.ts'

export interface NativeAppOptions {
  config: Pick<Config, 'nodeId' | 'routerPublicKey' | 'metricsToken'>
  models: readonly LoadedModel[]
  metrics: NodeMetrics
  /** Absent where spans go nowhere. */
  tracer?: Tracer | undefined
  /** False once the node is stopping. */
  accepting(): boolean
}

/** The native node's HTTP face: the node protocol over many models, plus metrics. */
export function createNativeApp({
  config,
  models,
  metrics,
  tracer,
  accepting,
}: NativeAppOptions): Hono {
  const byId = new Map(models.map((model) => [model.manifest.id, model]))
  const app = new Hono()
  app.onError(onError)
  app.notFound(onNotFound)

  app.use('/v2/*', answerErrorsAs(oipError))
  app.get('/', (c) => c.json(describe(models)))
  app.get('/metrics', requireMetricsToken(config.metricsToken), async (c) =>
    c.body(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  )

  for (const path of ['/models/:id/*', '/v2/models/:id/*']) {
    app.use(path, async function observe(c, next) {
      const started = performance.now()
      await next()
      const ms = performance.now() - started
      c.header('server-timing', `node;dur=${ms.toFixed(2)}`)
      const id = c.req.param('id') ?? ''
      if (c.req.method !== 'POST' || !byId.has(id)) return
      metrics.observe(id, c.res.status, ms / 1000)
      const request = c.req.header(REQUEST_ID_HEADER)?.slice(0, 64)
      log.info('inference', {
        model: id,
        status: c.res.status,
        ms: Math.round(ms * 100) / 100,
        request,
      })
    })
  }
  const guard = requireRouter({
    audience: config.nodeId,
    publicKey: () => config.routerPublicKey,
    trusted: () => false,
  })
  for (const path of ['/models/*', '/v2/models/*', '/v2/repository/*']) app.use(path, guard)
  // behind the guard: who isn't the router makes no spans
  if (tracer) {
    app.post('/models/:id/*', tracer.traceInference)
    app.post('/v2/models/:id/*', tracer.traceInference)
  }

  const find: RequireModel = (id, version) => requireModel(byId, id, version)
  app.route('/', taskRoutes(find))
  const oip = createModelBackend({
    server: { name: config.nodeId, version: MESH_VERSION },
    models,
    requireModel: find,
    accepting,
  })
  app.route('/', createOipRoutes(oip))
  return app
}

function requireModel(
  byId: ReadonlyMap<string, LoadedModel>,
  id: string,
  version: string | undefined,
): LoadedModel {
  const model = byId.get(id)
  if (model && (version === undefined || version === model.manifest.version)) return model
  const served = Array.from(byId.values(), ({ manifest }) => `${manifest.id}@${manifest.version}`)
  throw new MeshError(
    'model_unknown',
    `this node has no ${id}${version === undefined ? '' : `@${version}`}; it serves ${served.join(', ')}`,
  )
}

function describe(models: readonly LoadedModel[]): NodeDescriptor {
  return {
    kind: 'native',
    runtime: runtime.name,
    models: models.map(({ manifest, state, traps, cuts, memoryBytes }) => ({
      id: manifest.id,
      version: manifest.version,
      capability: manifest.capability,
      state,
      traps,
      cuts,
      memoryBytes,
    })),
  }
}
