import { z } from 'zod'

import { errorAnswers } from './error-answers.ts'
import { jsonAnswer } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

const Health = z.looseObject({
  status: z.enum(['ok', 'degraded', 'unavailable']),
  registry: z.looseObject({
    version: z.int().nullable(),
    ageMs: z.number().nullable(),
    failing: z.boolean(),
  }),
})

/** What the router says of itself. No key is asked for. */
export const servicePaths: PathGroup = () => ({
  '/health': {
    get: {
      ...open('Whether the router can answer'),
      responses: {
        200: jsonAnswer(
          'It can; `degraded` from the last snapshot, since D1 cannot be read',
          Health,
        ),
        503: jsonAnswer('It cannot', Health),
      },
    },
  },
  '/metrics': {
    get: {
      tags: ['service'],
      summary:
        'What one isolate of the router has counted, for Prometheus; needs the scope metrics or admin',
      responses: {
        200: {
          description: 'The text format of Prometheus',
          content: { 'text/plain': { schema: { type: 'string' } } },
        },
        ...errorAnswers('Problem', {}),
      },
    },
  },
  '/openapi.json': {
    get: {
      ...open('This document, as the mesh is now'),
      responses: {
        200: jsonAnswer('OpenAPI 3.1', z.looseObject({ openapi: z.string() }), {
          headers: { etag: { required: true, schema: { type: 'string' } } },
        }),
        304: { description: 'It is what `if-none-match` says' },
        ...errorAnswers('Problem', { guarded: false }),
      },
    },
  },
  '/docs': {
    get: {
      ...open('The same for people'),
      responses: {
        200: { description: 'A page', content: { 'text/html': { schema: { type: 'string' } } } },
        ...errorAnswers('Problem', { guarded: false }),
      },
    },
  },
})

function open(summary: string): Part {
  return { tags: ['service'], summary, security: [] }
}
