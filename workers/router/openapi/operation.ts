import type { z } from 'zod'

import { AnswerMediaType } from '#shared/media-answer.ts'
import { MAX_DEADLINE_MS } from '#shared/protocol.ts'

import { Objective } from '../ranking/objective.ts'
import { jsonSchema } from './json-schema.ts'
import type { Part } from './path-group.ts'

/** A 200 of one JSON shape. */
export function jsonAnswer(description: string, schema: z.ZodType, more: Part = {}): Part {
  return { description, content: { 'application/json': { schema: jsonSchema(schema) } }, ...more }
}

/** A JSON body of one shape. */
export function jsonBody(schema: Part, more: Part = {}): Part {
  return { required: true, content: { 'application/json': { schema, ...more } } }
}

export function pathParameter(name: string, description: string, example?: string): Part {
  return {
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string', minLength: 1 },
    ...(example === undefined ? {} : { example }),
  }
}

export function queryParameter(name: string, description: string, schema: Part): Part {
  return { name, in: 'query', description, schema }
}

/** What a caller may ask of a route, by header. */
export const CONSTRAINTS: readonly Part[] = [
  headerParameter('mesh-deadline-ms', 'Milliseconds you wait at most; 10000 by default', {
    type: 'integer',
    minimum: 1,
    maximum: MAX_DEADLINE_MS,
  }),
  headerParameter('mesh-placement', 'Where it may run; anywhere by default', {
    type: 'string',
    enum: ['edge', 'native', 'any', 'edge-only'],
  }),
  headerParameter('mesh-region', 'The region it must run in', { type: 'string' }),
  headerParameter('mesh-objective', 'What to have more of, where several models could answer', {
    type: 'string',
    enum: Objective.options,
  }),
  headerParameter('mesh-min-accuracy', 'Accuracy as measured by the mesh, 0 to 1', {
    type: 'number',
    minimum: 0,
    maximum: 1,
  }),
  headerParameter('mesh-language', 'Language of the input, a BCP 47 tag', { type: 'string' }),
  headerParameter('mesh-labels', 'Labels the answer must be able to be, with commas between', {
    type: 'string',
  }),
  headerParameter('mesh-produces', 'Media type of the answer', {
    type: 'string',
    enum: AnswerMediaType.options,
  }),
  headerParameter(
    'mesh-shape',
    'Shape of a tensor that the model puts out, with commas between; -1 is any dimension',
    { type: 'string', pattern: '^(-1|\\d{1,9})(,(-1|\\d{1,9})){0,7}$' },
  ),
  headerParameter('mesh-priority', '`low` waits behind others where there is no room', {
    type: 'string',
    enum: ['low', 'normal'],
  }),
  headerParameter(
    'mesh-sticky',
    'Whom you ask for: during a rollout, the same version of a model answers the same one',
    { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
  ),
]

/** The same, with the model of a capability. */
export const MODEL_CONSTRAINT: Part = headerParameter(
  'mesh-model',
  'Pins a model: `<id>` or `<id>@<version>`',
  { type: 'string', pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*(@\\d{1,4}(\\.\\d{1,4}){0,2})?$' },
)

function headerParameter(name: string, description: string, schema: Part): Part {
  return { name, in: 'header', description, schema }
}

/** Headers that tell who answered and what was tried. */
export const ROUTE_HEADERS: Part = {
  'mesh-model': answerHeader('The model that answered: `<id>@<version>`'),
  'mesh-node': answerHeader('The node that answered'),
  'mesh-route': answerHeader(
    'Each attempt as `placement/node;model;outcome;ms`, in order; `hedge`, `canary` or `pinned` behind it',
  ),
  'server-timing': answerHeader('Milliseconds in all, of each attempt and inside the node'),
  'x-request-id': answerHeader('Finds the request in the logs'),
}

function answerHeader(description: string): Part {
  return { description, required: true, schema: { type: 'string' } }
}
