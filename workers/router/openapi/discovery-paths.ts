import { z } from 'zod'

import { ExploreRequest, SearchRequest } from '../discovery/ard-bodies.ts'
import { errorAnswers, RUNNING, type ErrorOptions } from './error-answers.ts'
import { jsonSchema } from './json-schema.ts'
import { jsonAnswer, jsonBody, pathParameter, queryParameter } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

const Entry = z.looseObject({
  identifier: z.string(),
  displayName: z.string(),
  type: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  capabilities: z.array(z.string()),
  representativeQueries: z.array(z.string()),
})

const Card = z.looseObject({
  name: z.string(),
  description: z.string(),
  version: z.string(),
  supportedInterfaces: z
    .array(z.looseObject({ url: z.string(), protocolBinding: z.string() }))
    .min(1),
  capabilities: z.looseObject({}),
  defaultInputModes: z.array(z.string()),
  defaultOutputModes: z.array(z.string()),
  skills: z.array(z.looseObject({ id: z.string(), name: z.string(), tags: z.array(z.string()) })),
})

const Catalogue = z.looseObject({
  specVersion: z.string(),
  host: z.looseObject({ displayName: z.string() }),
  entries: z.array(Entry),
})

/** How agents find the mesh, and what they need in it. */
export const discoveryPaths: PathGroup = () => ({
  '/.well-known/agent-card.json': document('The mesh as an A2A agent card', Card),
  '/.well-known/ai-catalog.json': document('The mesh as an AI catalogue', Catalogue),
  '/.well-known/ard.json': document('The same, by its other name', Catalogue),
  '/.well-known/jwks.json': document(
    'The keys that verify signed cards, as a JWK set',
    z.looseObject({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) }),
    'application/jwk-set+json',
  ),
  '/search': {
    post: {
      ...about('Capabilities by what is wanted, in your own words'),
      requestBody: jsonBody(jsonSchema(SearchRequest), {
        example: { query: { text: 'which language is this written in' } },
      }),
      responses: {
        200: jsonAnswer(
          'What fits, best first',
          z.looseObject({
            results: z.array(
              Entry.extend({ score: z.number().min(0).max(100), source: z.string() }),
            ),
            pageToken: z.string().optional(),
          }),
        ),
        ...errors({ codes: RUNNING }),
      },
    },
  },
  '/explore': {
    post: {
      ...open('How many entries have which values'),
      requestBody: jsonBody(jsonSchema(ExploreRequest), {
        example: { resultType: { facets: [{ field: 'tags' }] } },
      }),
      responses: {
        200: jsonAnswer(
          'The counts by field',
          z.looseObject({ facets: z.record(z.string(), z.looseObject({})) }),
        ),
        ...errors({
          guarded: false,
          codes: ['invalid_request', 'payload_too_large', 'deadline_exceeded'],
        }),
      },
    },
  },
  '/agents': {
    get: {
      ...open('Every entry of the catalogue'),
      parameters: [
        queryParameter('pageSize', 'Entries at most', {
          type: 'integer',
          minimum: 1,
          maximum: 100,
        }),
        queryParameter('pageToken', 'Of the page before', {
          type: 'string',
          pattern: '^\\d{1,6}$',
        }),
      ],
      responses: {
        200: jsonAnswer(
          'One page',
          z.looseObject({
            items: z.array(Entry),
            total: z.int().min(0),
            pageToken: z.string().optional(),
          }),
        ),
        ...errors({ guarded: false, codes: ['invalid_request'] }),
      },
    },
  },
  '/agents/{identifier}': {
    get: {
      ...open('One entry'),
      parameters: [pathParameter('identifier', '`urn:air:<publisher>:<namespace>:<name>`')],
      responses: {
        200: jsonAnswer('The entry', Entry),
        ...errors({ guarded: false, codes: ['invalid_request', 'not_found'] }),
      },
    },
  },
})

function document(summary: string, schema: z.ZodType, contentType = 'application/json'): Part {
  return {
    get: {
      ...open(summary),
      responses: {
        200: {
          description: 'The document',
          content: { [contentType]: { schema: jsonSchema(schema) } },
          headers: { etag: { required: true, schema: { type: 'string' } } },
        },
        304: { description: 'It is what `if-none-match` says' },
        ...errorAnswers('Problem', { guarded: false }),
      },
    },
  }
}

function errors(options: ErrorOptions): Part {
  return errorAnswers('ArdError', options)
}

function open(summary: string): Part {
  return { ...about(summary), security: [] }
}

function about(summary: string): Part {
  return { tags: ['discovery'], summary }
}
