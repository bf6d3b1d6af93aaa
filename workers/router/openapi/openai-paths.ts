import { z } from 'zod'

import { EmbeddingsRequest } from '../openai/embeddings-request.ts'
import { errorAnswers, RUNNING } from './error-answers.ts'
import { jsonSchema } from './json-schema.ts'
import { CONSTRAINTS, jsonAnswer, jsonBody, pathParameter, ROUTE_HEADERS } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

/** Both are the same; some clients put their own prefix in front. */
const MOUNTS = ['/v1', '/openai/v1'] as const

const Embeddings = z.looseObject({
  object: z.literal('list'),
  model: z.string(),
  data: z.array(
    z.looseObject({
      object: z.literal('embedding'),
      index: z.int().min(0),
      embedding: z
        .union([z.array(z.number()), z.string()])
        .describe('Numbers, or little-endian float32 in base64'),
    }),
  ),
  usage: z.looseObject({ prompt_tokens: z.int().min(0), total_tokens: z.int().min(0) }).optional(),
})

const Model = z.looseObject({
  id: z.string(),
  object: z.literal('model'),
  created: z.int().describe('Seconds since the epoch'),
  owned_by: z.string(),
})

/** What the mesh has of OpenAI's API. */
export const openAiPaths: PathGroup = ({ versions, capabilities }) => {
  const embedder = Array.from(capabilities)
    .filter(([id]) => id.startsWith('feature-extraction/'))
    .flatMap(([, { models }]) => models)[0]?.manifest.id
  return Object.fromEntries(
    MOUNTS.flatMap((mount) =>
      Object.entries(mounted(mount, versions.keys().next().value, embedder)),
    ),
  )
}

function mounted(
  mount: string,
  model: string | undefined,
  embedder: string | undefined,
): Record<string, Part> {
  return {
    [`${mount}/embeddings`]: {
      post: {
        tags: ['openai'],
        summary: 'Vectors of texts, in their order',
        parameters: CONSTRAINTS,
        requestBody: jsonBody(
          jsonSchema(EmbeddingsRequest),
          embedder === undefined ? {} : { example: { model: embedder, input: ['a text'] } },
        ),
        responses: {
          200: jsonAnswer('The vectors', Embeddings, { headers: ROUTE_HEADERS }),
          ...errorAnswers('OpenAiError', { codes: RUNNING }),
        },
      },
    },
    [`${mount}/models`]: {
      get: {
        tags: ['openai'],
        summary: 'Every model',
        responses: {
          200: jsonAnswer(
            'The models',
            z.looseObject({ object: z.literal('list'), data: z.array(Model) }),
          ),
          ...errorAnswers('OpenAiError'),
        },
      },
    },
    [`${mount}/models/{id}`]: {
      get: {
        tags: ['openai'],
        summary: 'One model',
        parameters: [pathParameter('id', '`<id>`, `<id>@<version>` or a capability', model)],
        responses: {
          200: jsonAnswer('The model', Model),
          ...errorAnswers('OpenAiError', {
            codes: ['invalid_request', 'model_unknown', 'capability_unknown'],
          }),
        },
      },
    },
  }
}
