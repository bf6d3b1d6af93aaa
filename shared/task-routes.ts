import { Hono, type Context } from 'hono'

import { huggingFaceAnswer } from './hugging-face/hugging-face-answer.ts'
import { huggingFaceError } from './hugging-face/hugging-face-error.ts'
import { paceRetries } from './hugging-face/pace-retries.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { Manifest } from './manifest.ts'
import { MediaAnswer, producedTypes } from './media-answer.ts'
import { MeshError } from './mesh-error.ts'
import { predictTask, type Prediction } from './predict-task.ts'
import { answerErrorsAs } from './problem.ts'
import { TOKENS_HEADER } from './protocol.ts'

/** Finds the model a path names; throws `model_unknown` otherwise. */
export type RequireModel = (id: string, version: string | undefined) => LoadedModel

/** Task level of a node: the codec's own answers to the router, and the same as Hugging Face's clients read them. */
export function taskRoutes(requireModel: RequireModel): Hono {
  const app = new Hono()

  app.post('/models/:id/versions/:version', async (c) => {
    const model = requireModel(c.req.param('id'), c.req.param('version'))
    return respond(c, await predictTask(c.req.raw, model), model.manifest)
  })

  app.post('/models/:id', paceRetries, answerErrorsAs(huggingFaceError), async (c) => {
    const model = requireModel(c.req.param('id'), undefined)
    const { answer, tokens } = await predictTask(c.req.raw, model)
    const shaped = huggingFaceAnswer(answer, model.manifest, c.req.raw.headers)
    return respond(c, { answer: shaped, tokens }, model.manifest)
  })
  return app
}

/** The answer as its own media type, which must be one that the manifest promises to callers. */
function respond(c: Context, { answer, tokens }: Prediction, manifest: Manifest): Response {
  const mediaType = answer instanceof MediaAnswer ? answer.mediaType : 'application/json'
  const produced = producedTypes(manifest)
  if (!produced.includes(mediaType)) {
    throw new MeshError(
      'internal',
      `[${manifest.id}] its codec answered ${mediaType}; its manifest says it produces ${produced.join(', ')}`,
    )
  }
  if (tokens !== undefined) c.header(TOKENS_HEADER, String(tokens))
  if (!(answer instanceof MediaAnswer)) return c.json(answer)
  return c.body(answer.bytes, 200, {
    'content-type': mediaType,
    'x-content-type-options': 'nosniff',
  })
}
