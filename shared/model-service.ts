import { Hono, type Context } from 'hono'

import { parseDeadline, withinDeadline } from './deadline.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { Manifest } from './manifest.ts'
import { MediaAnswer, producedTypes } from './media-answer.ts'
import { MeshError } from './mesh-error.ts'
import { readTaskCall } from './task-input.ts'

/** Finds the model a path names; throws `model_unknown` otherwise. */
export type RequireModel = (id: string, version: string | undefined) => LoadedModel

/** The task-level doors of a node, the same for an edge Worker and the native node. */
export function createModelService(requireModel: RequireModel): Hono {
  const app = new Hono()
  const find = (c: Context) => requireModel(c.req.param('id') ?? '', c.req.param('version'))

  for (const path of ['/models/:id', '/models/:id/versions/:version']) {
    app.post(path, async (c) => {
      const model = find(c)
      return respond(c, await predict(c.req.raw, model), model.manifest)
    })
  }
  return app
}

async function predict(request: Request, model: LoadedModel): Promise<unknown> {
  const deadline = parseDeadline(request.headers)
  model.preload()
  const { input, parameters } = await readTaskCall(request, model.manifest)
  return withinDeadline(
    (expiresAt) => model.predict(input, parameters, expiresAt),
    deadline,
    `[${model.manifest.id}]`,
  )
}

/** The answer as its own media type, which must be one that the manifest promises to callers. */
function respond(c: Context, answer: unknown, manifest: Manifest): Response {
  const mediaType = answer instanceof MediaAnswer ? answer.mediaType : 'application/json'
  const produced = producedTypes(manifest)
  if (!produced.includes(mediaType)) {
    throw new MeshError(
      'internal',
      `[${manifest.id}] its codec answered ${mediaType}; its manifest says it produces ${produced.join(', ')}`,
    )
  }
  if (!(answer instanceof MediaAnswer)) return c.json(answer)
  return c.body(answer.bytes, 200, {
    'content-type': mediaType,
    'x-content-type-options': 'nosniff',
  })
}
