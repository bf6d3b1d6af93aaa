import { Hono, type Context } from 'hono'
import { z } from 'zod'

import { parseDeadline, withinDeadline } from './deadline.ts'
import { parseJson } from './json.ts'
import type { LoadedModel } from './loaded-model.ts'
import { MeshError } from './mesh-error.ts'
import { InferRequest, MAX_BODY_BYTES, type InferResponse } from './protocol.ts'
import { readBody } from './read-body.ts'
import { taskRoutes, type RequireModel } from './task-routes.ts'
import { tensorsFromJson, tensorsToJson } from './tensor-json.ts'

/** A JSON number takes at most about 25 characters, plus its comma. */
const JSON_BYTES_PER_ELEMENT = 26
const JSON_ENVELOPE_BYTES = 16 * 1024

/** The inference doors of a node, the same for an edge Worker and the native node. */
export function createModelService(requireModel: RequireModel): Hono {
  const app = new Hono()
  const find = (c: Context) => requireModel(c.req.param('id') ?? '', c.req.param('version'))

  app.route('/', taskRoutes(requireModel))
  for (const path of ['/v2/models/:id', '/v2/models/:id/versions/:version']) {
    app.get(path, (c) => c.json(describe(find(c))))
    app.post(`${path}/infer`, async (c) => c.json(await infer(c.req.raw, find(c))))
  }
  return app
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
