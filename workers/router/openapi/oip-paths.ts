import { z } from 'zod'

import { InferRequest } from '#shared/oip/infer-request.ts'
import { INFERENCE_HEADER } from '#shared/protocol.ts'

import { errorAnswers, RUNNING, type ErrorOptions } from './error-answers.ts'
import { jsonSchema } from './json-schema.ts'
import { CONSTRAINTS, jsonAnswer, pathParameter, ROUTE_HEADERS } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

const Tensor = z.looseObject({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) })

const InferAnswer = z.looseObject({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  outputs: z.array(Tensor.extend({ data: z.array(z.unknown()).optional() })),
})

const Metadata = z.looseObject({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(Tensor),
  outputs: z.array(Tensor),
})

const Statistics = z.looseObject({
  model_stats: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string(),
      last_inference: z.number(),
      inference_count: z.int(),
      execution_count: z.int(),
    }),
  ),
})

const Live = z.looseObject({ live: z.boolean(), ready: z.boolean() })
const Index = z.array(
  z.looseObject({
    name: z.string(),
    version: z.string(),
    state: z.enum(['READY', 'UNAVAILABLE']),
    reason: z.string(),
  }),
)

const UNKNOWN_MODEL: ErrorOptions = { codes: ['model_unknown'] }

/** Open Inference Protocol v2. */
export const oipPaths: PathGroup = ({ versions }) => {
  const [first] = versions
  const name = pathParameter('name', 'Id of the model', first?.[0])
  const version = pathParameter('version', 'Its version', first?.[1][0]?.manifest.version)
  return {
    '/v2': get(
      'What this server is',
      z.looseObject({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
      { guarded: false },
    ),
    '/v2/health/live': get('Whether it runs', Live, { guarded: false }),
    '/v2/health/ready': get('Whether it takes requests', Live, {
      guarded: false,
      codes: ['shutting_down'],
    }),
    '/v2/models': get('Names of all models', z.looseObject({ models: z.array(z.string()) })),
    '/v2/models/stats': get('What was asked of all models', Statistics),
    '/v2/repository/index': {
      post: {
        ...about('Every version of every model'),
        requestBody: {
          content: {
            'application/json': {
              schema: jsonSchema(z.looseObject({ ready: z.boolean().optional() })),
            },
          },
        },
        responses: {
          200: jsonAnswer('The versions', Index),
          ...errors({ codes: ['invalid_request', 'payload_too_large'] }),
        },
      },
    },
    ...modelPaths('/v2/models/{name}', [name]),
    ...modelPaths('/v2/models/{name}/versions/{version}', [name, version]),
    // which models run where is the registry's
    '/v2/repository/models/{name}/{change}': {
      parameters: [
        name,
        {
          name: 'change',
          in: 'path',
          required: true,
          schema: { type: 'string', enum: ['load', 'unload'] },
        },
      ],
      post: {
        ...about('Refused: models load and unload by themselves'),
        responses: errors({ codes: ['unsupported', 'not_found'] }),
      },
    },
  }
}

function modelPaths(path: string, parameters: readonly Part[]): Record<string, Part> {
  return {
    [path]: { parameters, ...get("A model's tensors and versions", Metadata, UNKNOWN_MODEL) },
    [`${path}/ready`]: {
      parameters,
      ...get(
        'Whether a model takes requests',
        z.looseObject({ name: z.string(), ready: z.literal(true) }),
        { codes: ['model_unknown', 'model_unavailable'] },
      ),
    },
    [`${path}/config`]: {
      parameters,
      ...get(
        "A model's configuration as Triton writes it",
        z.looseObject({ name: z.string() }),
        UNKNOWN_MODEL,
      ),
    },
    [`${path}/stats`]: {
      parameters,
      ...get('What was asked of a model', Statistics, UNKNOWN_MODEL),
    },
    [`${path}/infer`]: { parameters, post: infer() },
  }
}

function infer(): Part {
  const jsonLength = {
    description: 'Bytes of JSON before the tensors, where any is binary',
    schema: { type: 'integer', minimum: 0 },
  }
  const binary = { schema: { type: 'string', format: 'binary' } }
  return {
    ...about("Runs a model's own tensors"),
    parameters: [...CONSTRAINTS, { name: INFERENCE_HEADER, in: 'header', ...jsonLength }],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: jsonSchema(InferRequest) },
        'application/octet-stream': binary,
      },
    },
    responses: {
      200: {
        description: 'The outputs; bytes where any is binary',
        headers: { ...ROUTE_HEADERS, [INFERENCE_HEADER]: jsonLength },
        content: {
          'application/json': { schema: jsonSchema(InferAnswer) },
          'application/octet-stream': binary,
        },
      },
      ...errors({ codes: RUNNING }),
    },
  }
}

function get(summary: string, schema: z.ZodType, options: ErrorOptions = {}): Part {
  return {
    get: {
      ...about(summary),
      ...(options.guarded === false ? { security: [] } : {}),
      responses: { 200: jsonAnswer('The answer', schema), ...errors(options) },
    },
  }
}

function errors(options: ErrorOptions): Part {
  return errorAnswers('OipError', options)
}

function about(summary: string): Part {
  return { tags: ['open inference protocol'], summary }
}
