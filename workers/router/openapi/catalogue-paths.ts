import { z } from 'zod'

import { Placement, TensorSpec } from '#shared/manifest.ts'
import { deployments } from '#shared/schema.ts'

import { errorAnswers } from './error-answers.ts'
import { jsonAnswer, pathParameter, queryParameter } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'
import { VerificationSchema } from './verification-schema.ts'

const Deployment = z.looseObject({
  id: z.string(),
  modelId: z.string(),
  version: z.string(),
  node: z.string(),
  placement: Placement,
  transport: z.string(),
  weight: z.number(),
  state: z.enum(deployments.state.enumValues),
})

const Card = z.looseObject({
  id: z.string(),
  version: z.string(),
  title: z.string(),
  description: z.string(),
  capability: z.string(),
  license: z.looseObject({ spdx: z.string(), attribution: z.string() }),
  inputs: z.array(TensorSpec),
  outputs: z.array(TensorSpec),
  artefacts: z.record(z.string(), z.string()),
  claims: z.array(z.looseObject({ metric: z.string(), value: z.number(), on: z.string() })),
  measured: z.array(
    z.looseObject({
      deployment: z.string(),
      metric: z.string(),
      value: z.number(),
      samples: z.int().nullable(),
      source: z.enum(['examples', 'reported']),
      measuredAt: z.number(),
      expired: z.boolean(),
    }),
  ),
  contradicted: z
    .array(
      z.looseObject({
        deployment: z.string(),
        metric: z.string(),
        claimed: z.number(),
        measured: z.number(),
        detail: z.string(),
      }),
    )
    .describe('Where what was measured is worse than the card says'),
  deployments: z.array(Deployment.extend({ verification: VerificationSchema })),
})

/** Where the next page begins: the `after` to ask for, null at the end. */
const next = z.string().nullable()

const Capabilities = z.looseObject({
  capabilities: z.array(
    z.looseObject({
      id: z.string(),
      models: z.array(z.string()),
      accepts: z.array(z.string()),
      ready: z.int().min(0).describe('Deployments that may be called now'),
    }),
  ),
  next,
})

const Health = z.object({
  lease: z.enum(['good', 'over']).nullable().describe('null where it needs none'),
  reachable: z
    .boolean()
    .nullable()
    .describe('false where probes found nobody; null where it is not ready, or its lease is over'),
  breaker: z
    .enum(['closed', 'open', 'half-open'])
    .nullable()
    .describe('null where this isolate never called it'),
})

const Topology = z.looseObject({
  registryVersion: z.int(),
  nodes: z.array(
    z.looseObject({
      id: z.string(),
      deployments: z.array(Deployment.extend({ health: Health })),
    }),
  ),
  next,
})

const PAGE: readonly Part[] = [
  queryParameter('limit', 'Items at most', { type: 'integer', minimum: 1, maximum: 1000 }),
  queryParameter('after', 'The id after which to begin', { type: 'string' }),
]

const VERSION: readonly Part[] = [
  pathParameter('id', 'Id of the model'),
  pathParameter('version', 'Its version'),
]

/** What the mesh offers. */
export const cataloguePaths: PathGroup = ({ versions }) => ({
  '/capabilities': list('What the mesh can do', Capabilities),
  '/models': list(
    'Every model: facts, claims, deployments',
    z.looseObject({ models: z.array(Card), next }),
  ),
  '/models/{id}': {
    get: {
      tags: ['catalogue'],
      summary: 'One model in all its versions',
      parameters: [pathParameter('id', 'Id of the model', versions.keys().next().value)],
      responses: {
        200: jsonAnswer(
          'The model',
          z.looseObject({ id: z.string(), versions: z.array(Card).min(1) }),
        ),
        ...errorAnswers('Problem', { codes: ['model_unknown'] }),
      },
    },
  },
  '/models/{id}/versions/{version}': {
    get: {
      tags: ['catalogue'],
      summary: 'The card of one version',
      parameters: VERSION,
      responses: {
        200: jsonAnswer('The card', Card),
        ...errorAnswers('Problem', { codes: ['model_unknown'] }),
      },
    },
  },
  '/models/{id}/versions/{version}/card.jws': {
    get: {
      tags: ['catalogue'],
      summary: 'The same, signed: a JWT whose claim `card` it is',
      parameters: VERSION,
      responses: {
        200: {
          description: 'Compact JWS; a key of /.well-known/jwks.json verifies it',
          content: { 'application/jose': { schema: { type: 'string' } } },
        },
        ...errorAnswers('Problem', { codes: ['model_unknown', 'unsupported'] }),
      },
    },
  },
  '/topology': list('Nodes and what runs on them', Topology),
})

function list(summary: string, schema: z.ZodType): Part {
  return {
    get: {
      tags: ['catalogue'],
      summary,
      parameters: PAGE,
      responses: {
        200: jsonAnswer('One page, in the order of ids', schema),
        ...errorAnswers('Problem', { codes: ['invalid_request'] }),
      },
    },
  }
}
