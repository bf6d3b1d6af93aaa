import { Hono } from 'hono'

import { answerErrorsAs } from '#shared/problem.ts'

import { requireKey } from '../authenticate.ts'
import type { RouterApp } from '../env.ts'
import { createEmbeddings } from './create-embeddings.ts'
import { listModels, retrieveModel } from './list-models.ts'
import { openAiError } from './openai-error.ts'

/** What the mesh has of OpenAI's API: models and embeddings. Everything below its path fails in its shape. */
export function openAiRoutes(): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  app.use(answerErrorsAs(openAiError))
  app.get('/models', requireKey(), listModels)
  // ids with a slash are encoded by some clients and not by others
  app.get('/models/:id{.+}', requireKey(), (c) => retrieveModel(c, c.req.param('id')))
  app.post('/embeddings', requireKey('infer'), createEmbeddings)
  return app
}
