import { z } from 'zod'

import { PutMeasurement, VerifyDeployment } from '../admin/admin-bodies.ts'
import { errorAnswers } from './error-answers.ts'
import { jsonSchema } from './json-schema.ts'
import { jsonAnswer, jsonBody, pathParameter, queryParameter } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'
import { VerificationSchema } from './verification-schema.ts'

const ExampleFile = z.looseObject({ model: z.string(), sha256: z.string(), changed: z.boolean() })

const Measurement = z.looseObject({
  metric: z.string(),
  value: z.number(),
  samples: z.int().nullable(),
  source: z.enum(['examples', 'reported']),
  measuredAt: z.number(),
})

/** What the mesh finds out of its cards, for keys with the scope admin. */
export const verificationPaths: PathGroup = () => ({
  '/admin/models/{id}/versions/{version}/examples/{sha256}': {
    parameters: [
      pathParameter('id', 'Id of the model'),
      pathParameter('version', 'Its version'),
      pathParameter('sha256', 'SHA-256 of the file, as an example of the manifest names it'),
    ],
    put: {
      ...about('Stores a file of an example, up to 1 MiB'),
      requestBody: {
        required: true,
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      },
      responses: {
        200: jsonAnswer('It was stored', ExampleFile),
        201: jsonAnswer('It is stored now', ExampleFile),
        ...errorAnswers('Problem', {
          codes: ['invalid_request', 'model_unknown', 'payload_too_large', 'conflict'],
        }),
      },
    },
  },
  '/admin/verifications': {
    post: {
      ...about('Runs the examples of its model on a deployment'),
      requestBody: jsonBody(jsonSchema(VerifyDeployment)),
      responses: {
        200: jsonAnswer(
          'What came of it',
          z.looseObject({ deployment: z.string(), verification: VerificationSchema }),
        ),
        ...errorAnswers('Problem', {
          codes: ['invalid_request', 'payload_too_large', 'not_found', 'conflict'],
        }),
      },
    },
  },
  '/admin/measurements': {
    get: {
      ...about('What was measured of a deployment, newest first'),
      parameters: [
        { ...queryParameter('deployment', 'Its id', { type: 'string' }), required: true },
      ],
      responses: {
        200: jsonAnswer(
          'The latest twenty of each metric and source',
          z.looseObject({ deployment: z.string(), measurements: z.array(Measurement) }),
        ),
        ...errorAnswers('Problem', { codes: ['invalid_request', 'not_found'] }),
      },
    },
    post: {
      ...about('Stores what was measured of a deployment'),
      requestBody: jsonBody(jsonSchema(PutMeasurement)),
      responses: {
        201: jsonAnswer('It is stored', PutMeasurement),
        ...errorAnswers('Problem', {
          codes: ['invalid_request', 'payload_too_large', 'not_found'],
        }),
      },
    },
  },
})

function about(summary: string): Part {
  return { tags: ['admin'], summary }
}
