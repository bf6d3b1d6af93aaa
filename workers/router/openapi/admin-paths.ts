import { z } from 'zod'

import type { ErrorCode } from '#shared/error-codes.ts'
import { deployments } from '#shared/schema.ts'

import {
  CreateKey,
  PatchDeployment,
  PutDeployment,
  PutModel,
  RenewLeases,
} from '../admin/admin-bodies.ts'
import { errorAnswers } from './error-answers.ts'
import { jsonSchema } from './json-schema.ts'
import { jsonAnswer, jsonBody, pathParameter, queryParameter } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'
import { VerificationSchema } from './verification-schema.ts'

const BODY: readonly ErrorCode[] = ['invalid_request', 'payload_too_large']

const Time = z.int().nullable()
const Deployment = z.looseObject({
  id: z.string(),
  modelId: z.string(),
  version: z.string(),
  node: z.string(),
  target: z.string(),
  state: z.enum(deployments.state.enumValues),
  stateSince: Time,
  removeAt: Time,
  leaseSeconds: z.int().nullable(),
  unreachableSince: Time,
})
/** `missing`: why it takes no traffic yet. */
const Registered = Deployment.extend({
  missing: z.string().optional(),
  verification: VerificationSchema,
})
const Stored = z.looseObject({ model: z.string(), changed: z.boolean() })
const Key = z.looseObject({ id: z.string(), name: z.string(), scopes: z.array(z.string()) })

const LOG_PAGE = [
  queryParameter('limit', 'Rows at most', { type: 'integer', minimum: 1, maximum: 500 }),
  queryParameter('before', 'Older than this: `next` of the page before', {
    type: 'integer',
    minimum: 1,
  }),
]

/** Changes of the registry, for keys with the scope admin. */
export const adminPaths: PathGroup = () => ({
  '/admin/models': {
    post: {
      ...about('Registers a version of a model'),
      requestBody: jsonBody(jsonSchema(PutModel)),
      responses: {
        200: jsonAnswer('It was registered', Stored),
        201: jsonAnswer('It is registered now', Stored),
        ...errors([...BODY, 'conflict']),
      },
    },
  },
  '/admin/models/{id}': {
    parameters: [pathParameter('id', 'Id of the model')],
    get: {
      ...about('A model as it is stored'),
      responses: {
        200: jsonAnswer(
          'Its versions',
          z.looseObject({ id: z.string(), versions: z.array(z.unknown()) }),
        ),
        ...errors(['model_unknown']),
      },
    },
    delete: {
      ...about('Removes a model that is deployed nowhere'),
      responses: { 204: { description: 'It is gone' }, ...errors(['model_unknown', 'conflict']) },
    },
  },
  '/admin/deployments': {
    get: {
      ...about('Every deployment with its target; to a key of the scope register its own'),
      responses: {
        200: jsonAnswer('The deployments', z.looseObject({ deployments: z.array(Deployment) })),
        ...errors([]),
      },
    },
    post: {
      ...about('Registers where a model runs, or renews its lease; keys of the scope register may'),
      requestBody: jsonBody(jsonSchema(PutDeployment)),
      responses: {
        200: jsonAnswer('It was registered', Registered),
        201: jsonAnswer('It is registered now', Registered),
        ...errors([...BODY, 'model_unknown', 'conflict']),
      },
    },
  },
  '/admin/deployments/{id}': {
    parameters: [pathParameter('id', '`<model>@<version>/<node>`; slashes may stay as they are')],
    patch: {
      ...about('Sets weight or state'),
      requestBody: jsonBody(jsonSchema(PatchDeployment)),
      responses: {
        200: jsonAnswer('The deployment', Deployment),
        ...errors([...BODY, 'not_found']),
      },
    },
    delete: {
      ...about('Drains a deployment and then removes it; keys of the scope register may'),
      parameters: [
        queryParameter('now', '`true`: without waiting for requests on their way', {
          type: 'string',
          enum: ['true'],
        }),
      ],
      responses: {
        202: jsonAnswer('It takes no new requests and is removed at `removeAt`', Deployment),
        204: { description: 'It is gone' },
        ...errors(['invalid_request', 'not_found']),
      },
    },
  },
  '/admin/leases': {
    post: {
      ...about('Renews the leases of deployments; keys of the scope register may'),
      requestBody: jsonBody(jsonSchema(RenewLeases)),
      responses: {
        200: jsonAnswer(
          'Which were renewed, and which must be registered',
          z.object({ renewed: z.array(z.string()), refused: z.array(z.string()) }),
        ),
        ...errors([...BODY, 'registry_unavailable']),
      },
    },
  },
  '/admin/keys': {
    get: {
      ...about('Every key, without its secret'),
      responses: {
        200: jsonAnswer('The keys', z.looseObject({ keys: z.array(Key) })),
        ...errors([]),
      },
    },
    post: {
      ...about('Makes a key; its secret is shown this once'),
      requestBody: jsonBody(jsonSchema(CreateKey)),
      responses: { 201: jsonAnswer('The key', Key.extend({ key: z.string() })), ...errors(BODY) },
    },
  },
  '/admin/keys/{id}': {
    parameters: [pathParameter('id', 'Id of the key')],
    delete: {
      ...about('Revokes a key'),
      responses: { 204: { description: 'It is revoked' }, ...errors(['not_found']) },
    },
  },
  '/admin/audit': {
    get: {
      ...about('The latest changes'),
      parameters: LOG_PAGE,
      responses: {
        200: jsonAnswer(
          'The changes, latest first',
          z.looseObject({ audit: z.array(z.unknown()), next: z.int().nullable() }),
        ),
        ...errors(['invalid_request', 'registry_unavailable']),
      },
    },
  },
  '/admin/decisions': {
    get: {
      ...about('What became of the latest requests for an inference'),
      parameters: [
        queryParameter('request', 'Id of the request', { type: 'string' }),
        queryParameter('model', 'Who answered: `<id>` or `<id>@<version>`', { type: 'string' }),
        queryParameter('outcome', '`ok` or the code of the error', { type: 'string' }),
        ...LOG_PAGE,
      ],
      responses: {
        200: jsonAnswer(
          'The decisions, latest first',
          z.looseObject({ decisions: z.array(z.unknown()), next: z.int().nullable() }),
        ),
        ...errors(['invalid_request', 'registry_unavailable']),
      },
    },
  },
})

function errors(codes: readonly ErrorCode[]): Part {
  return errorAnswers('Problem', { codes })
}

function about(summary: string): Part {
  return { tags: ['admin'], summary }
}
