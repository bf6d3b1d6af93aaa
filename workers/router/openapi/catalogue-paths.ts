import { z } from 'zod'

import { TensorSpec } from '#shared/manifest.ts'

import { errorAnswers } from './error-answers.ts'
import { jsonAnswer, pathParameter, queryParameter } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

const Deployment = z.looseObject({
  id: z.string(),
  modelId: z.string(),
  version: z.string(),
  node: z.string(),
  placement: z.enum(['edge', 'native']),
  transport: z.string(),
  weight: z.number(),
  state: z.enum(['ready', 'draining', 'disabled']),
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
  deployments: z.array(Deployment),
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

const Topology = z.looseObject({
  registryVersion: z.int(),
  nodes: z.array(z.looseObject({ id: z.string(), deployments: z.array(Deployment) })),
  next,
})

const PAGE: readonly Part[] = [
  queryParameter('limit', 'Items at most', { type: 'integer', minimum: 1, maximum: 1000 }),
  queryParameter('after', 'The id after which to begin', { type: 'string' }),
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
