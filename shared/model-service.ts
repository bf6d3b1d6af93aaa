import { Hono, type Context } from 'hono'
import { z } from 'zod'

import { parseDeadline, withinDeadline } from './deadline.ts'
import { parseJson } from './json.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { Manifest } from './manifest.ts'
import { MediaAnswer, producedTypes } from './media-answer.ts'
import { MeshError } from './mesh-error.ts'
import { InferRequest, MAX_BODY_BYTES, type InferResponse } from './protocol.ts'
import { readBody } from './read-body.ts'
import { readTaskCall } from './task-input.ts'
import { tensorsFromJson, tensorsToJson } from './tensor-json.ts'

/** Finds the model a path names; throws `model_unknown` otherwise. */
export type RequireModel = (id: string, version: string | undefined) => LoadedModel

/** A JSON number takes at most about 25 characters, plus its comma. */
const JSON_BYTES_PER_ELEMENT = 26
const JSON_ENVELOPE_BYTES = 16 * 1024

/** The inference doors of a node, the same for an edge Worker and the native node. */
export function createModelService(requireModel: RequireModel): Hono {
  const app = new Hono()
  const find = (c: Context) => requireModel(c.req.param('id') ?? '', c.req.param('version'))

  for (const path of ['/models/:id', '/models/:id/versions/:version']) {
    app.post(path, async (c) => {
      const model = find(c)
      return respond(c, await predict(c.req.raw, model), model.manifest)
    })
  }
  for (const path of ['/v2/models/:id', '/v2/models/:id/versions/:version']) {
    app.get(path, (c) => c.json(describe(find(c))))
    app.post(`${path}/infer`, async (c) => c.json(await infer(c.req.raw, find(c))))
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

async function infer(request: Request, model: LoadedModel): Promise<InferResponse> {
  const { manifest } = model
  const who = `[${manifest.id}]`
  const deadline = parseDeadline(request.headers)
  model.preload()
  const { tensorElements } = manifest.limits
  const bound =
    tensorElements * manifest.inputs.length * JSON_BYTES_PER_ELEMENT + JSON_ENVELOPE_BYTES
  const body = await readBody(request, Math.min(bound, MAX_BODY_BYTES), who)
  const parsed = InferRequest.safeParse(parseJson(body, `${who} the body`))
  if (!parsed.success) {
    throw new MeshError('invalid_request', `${who} ${z.prettifyError(parsed.error)}`)
  }
  const inputs = tensorsFromJson(parsed.data, manifest.inputs, tensorElements, who)
  const outputs = await withinDeadline((expiresAt) => model.infer(inputs, expiresAt), deadline, who)
  return {
    model_name: manifest.id,
    model_version: manifest.version,
    ...(parsed.data.id === undefined ? {} : { id: parsed.data.id }),
    outputs: tensorsToJson(outputs, parsed.data.outputs, who),
  }
}

function describe({ manifest }: LoadedModel): unknown {
  return {
    name: manifest.id,
    versions: [manifest.version],
    platform: 'onnxruntime_onnx',
    inputs: manifest.inputs,
    outputs: manifest.outputs,
  }
}
