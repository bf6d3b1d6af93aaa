import { Hono } from 'hono'

import { runtime } from '#onnx'

import { boundConcurrency } from './admission.ts'
import type { Codec } from './codec.ts'
import { LoadedModel } from './loaded-model.ts'
import { parseManifest } from './manifest.ts'
import { MeshError } from './mesh-error.ts'
import { taskRoutes, type RequireModel } from './task-routes.ts'
import { createModelBackend } from './oip/model-backend.ts'
import { oipError } from './oip/oip-error.ts'
import { createOipRoutes } from './oip/oip-routes.ts'
import { answerErrorsAs, onError, onNotFound } from './problem.ts'
import { MESH_VERSION, type NodeDescriptor } from './protocol.ts'
import { calledByBinding, requireRouter } from './require-router.ts'

/** What a model Worker is told of its router: the public key, as JWK JSON. Absent where it has no public route. */
interface RouterTrust {
  ROUTER_PUBLIC_KEY?: string
}

export interface ModelWorkerOptions {
  /** manifest.json as imported. */
  manifest: unknown
  codec: Codec
  /** Runtime images, imported as Data modules, by the name of the graph; `model` is the manifest's own. */
  graphs: Readonly<Record<string, ArrayBuffer>>
  /** The compiled ONNX Runtime: a Worker may only instantiate what it imports statically. */
  wasm: WebAssembly.Module
}

/** A whole model Worker from a model's folder: node protocol, health and descriptor. */
export function createModelWorker(options: ModelWorkerOptions): Hono<{ Bindings: RouterTrust }> {
  const manifest = parseManifest(options.manifest, 'model worker')
  const model = new LoadedModel({
    manifest,
    codec: options.codec,
    loadGraph: (name) => requireGraph(options.graphs, name, manifest.id),
    runtime,
    wasm: options.wasm,
    admit: boundConcurrency(manifest.limits.concurrency, `[${manifest.id}]`),
  })

  const app = new Hono<{ Bindings: RouterTrust }>()
  app.onError(onError)
  app.notFound(onNotFound)
  app.use('/v2/*', answerErrorsAs(oipError))
  app.get('/', (c) => c.json(descriptor(model)))
  for (const path of ['/models/*', '/v2/models/*', '/v2/repository/*']) {
    app.use(
      path,
      requireRouter<{ Bindings: RouterTrust }>({
        audience: `mesh-${manifest.id}`,
        publicKey: (c) => c.env.ROUTER_PUBLIC_KEY,
        trusted: (c) => calledByBinding(c.executionCtx),
      }),
    )
  }
  const requireModel: RequireModel = (id, version) => {
    if (id === manifest.id && (version === undefined || version === manifest.version)) return model
    throw new MeshError(
      'model_unknown',
      `this node serves ${manifest.id} version ${manifest.version}, not ${id}${version ? ` version ${version}` : ''}`,
    )
  }
  app.route('/', taskRoutes(requireModel))
  const oip = createModelBackend<{ Bindings: RouterTrust }>({
    server: { name: `mesh-${manifest.id}`, version: MESH_VERSION },
    models: [model],
    requireModel,
    accepting: () => true,
    warm: () => model.warm(),
  })
  app.route('/', createOipRoutes(oip))
  return app
}

function descriptor(model: LoadedModel): NodeDescriptor {
  const { id, version, capability } = model.manifest
  return {
    kind: 'edge',
    runtime: runtime.name,
    models: [
      {
        id,
        version,
        capability,
        state: model.state,
        traps: model.traps,
        cuts: model.cuts,
        memoryBytes: model.memoryBytes,
      },
    ],
  }
}

function requireGraph(graphs: ModelWorkerOptions['graphs'], name: string, id: string): Uint8Array {
  const bytes = graphs[name]
  if (!bytes) throw new MeshError('internal', `[${id}] its Worker bundles no graph '${name}'`)
  return new Uint8Array(bytes)
}
