import { z } from 'zod'

import type { ErrorCode } from '#shared/error-codes.ts'

import { PatchRollout, Rollout, StartRollout } from '../rollout/rollout.ts'
import { errorAnswers } from './error-answers.ts'
import { jsonSchema } from './json-schema.ts'
import { jsonAnswer, jsonBody, pathParameter } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

const BODY: readonly ErrorCode[] = ['invalid_request', 'payload_too_large']

const Calls = z.object({
  calls: z.int(),
  failures: z.int(),
  meanMs: z.number().nullable(),
})

const Shown = Rollout.omit({ modelId: true }).extend({
  model: z.string(),
  mode: z.enum(['shadow', 'canary']),
  evidence: z.object({
    pairs: z.int().describe('Requests that both versions answered'),
    disagreements: z.int(),
    slower: z.int().describe('Pairs in which the candidate took longer than the ratio allows'),
    meanDifference: z.number().nullable(),
    largestDifference: z.number().nullable(),
    meanRankCorrelation: z.number().nullable().describe("Spearman's, of ranked labels"),
    stable: Calls,
    candidate: Calls,
    lastDisagreement: z.object({ request: z.string(), reason: z.string() }).nullable(),
  }),
  findings: z.array(
    z.object({
      question: z.enum(['disagreement', 'failures', 'latency']),
      bounds: z
        .object({ lower: z.number(), upper: z.number() })
        .describe('Of the rate, as far as it is known; they hold however often one looks'),
      limit: z.number(),
      says: z.enum(['good', 'bad', 'open']),
    }),
  ),
})

/** Versions on their way, for keys with the scope admin. */
export const rolloutPaths: PathGroup = () => ({
  '/admin/rollouts': {
    get: {
      ...about('Every rollout with its evidence, the latest first'),
      responses: {
        200: jsonAnswer('The rollouts', z.object({ rollouts: z.array(Shown) })),
        ...errors(['registry_unavailable']),
      },
    },
    post: {
      ...about('Starts a rollout: in shadow, or with a share of the callers'),
      requestBody: jsonBody(jsonSchema(StartRollout)),
      responses: {
        201: jsonAnswer('It runs', Shown),
        ...errors([...BODY, 'model_unknown', 'conflict']),
      },
    },
  },
  '/admin/rollouts/{model}': {
    parameters: [pathParameter('model', 'Id of the model')],
    get: {
      ...about('The rollouts of a model, one a candidate, the latest first'),
      responses: {
        200: jsonAnswer(
          'The rollouts',
          z.object({ model: z.string(), rollouts: z.array(Shown).min(1) }),
        ),
        ...errors(['not_found', 'registry_unavailable']),
      },
    },
    patch: {
      ...about('Changes the share of the one that runs, or decides it by hand'),
      requestBody: jsonBody(jsonSchema(PatchRollout)),
      responses: {
        200: jsonAnswer('The rollout', Shown),
        ...errors([...BODY, 'not_found', 'conflict']),
      },
    },
    delete: {
      ...about('Forgets those that are decided: their versions are ranked as any others again'),
      responses: { 204: { description: 'They are gone' }, ...errors(['not_found', 'conflict']) },
    },
  },
})

function errors(codes: readonly ErrorCode[]): Part {
  return errorAnswers('Problem', { codes })
}

function about(summary: string): Part {
  return { tags: ['admin'], summary }
}
