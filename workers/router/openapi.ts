import { z } from 'zod'

import type { Manifest } from '#shared/manifest.ts'
import { producedTypes, type AnswerMediaType } from '#shared/media-answer.ts'
import { Problem, PROBLEM_MEDIA_TYPE } from '#shared/problem.ts'
import { TaskRequest } from '#shared/protocol.ts'

import { Envelope } from './constraints.ts'
import type { ModelEntry, Snapshot } from './snapshot.ts'

const JSON_SCHEMA = { io: 'input', unrepresentable: 'any' } as const

/** OpenAPI 3.1 of this mesh as it is now: one path a capability, from the registry's own rows. */
export function openApi(
  { capabilities, version }: Pick<Snapshot, 'capabilities' | 'version'>,
  origin: string,
): unknown {
  const paths: Record<string, unknown> = {}
  for (const [id, { models }] of capabilities) paths[`/infer/${id}`] = inferPath(models)
  const types = Array.from(capabilities.values(), ({ models }) =>
    models.flatMap(({ manifest }) => producedTypes(manifest)),
  )
  return {
    openapi: '3.1.0',
    info: {
      title: 'Capillary',
      version: `registry-${version}`,
      description: 'A mesh of small models, called by capability.',
    },
    servers: [{ url: origin }],
    security: [{ key: [] }],
    paths: {
      ...paths,
      '/infer': {
        post: {
          summary: 'Any capability, as one JSON envelope',
          requestBody: {
            required: true,
            content: { 'application/json': { schema: z.toJSONSchema(Envelope, JSON_SCHEMA) } },
          },
          responses: answers(contentOf(types.flat())),
        },
      },
      '/capabilities': get('What the mesh can do'),
      '/models': get('Every model: facts, claims, deployments'),
      '/models/{id}': {
        ...get('One model'),
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      },
      '/topology': get('Nodes and what runs on them'),
      '/health': {
        get: { summary: 'Whether the router can answer', security: [], responses: answers() },
      },
    },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: z.toJSONSchema(Problem, { io: 'output' }) },
    },
  }
}

function inferPath(models: readonly ModelEntry[]): unknown {
  const manifests = models.map(({ manifest }) => manifest)
  const example = manifests[0]?.examples[0]
  const text = example && 'text' in example.input ? example.input.text : undefined
  const types = new Set(manifests.flatMap(({ accepts }) => accepts))
  const raw = Object.fromEntries(
    Array.from(types, (type) => [
      type,
      { schema: { type: 'string', format: 'binary' }, ...sample(text) },
    ]),
  )
  return {
    post: {
      summary: [...new Set(manifests.map(({ title }) => title))].join(', '),
      description: [...new Set(manifests.map(({ description }) => description))].join('\n\n'),
      parameters: [
        header('mesh-deadline-ms', 'integer', 'Milliseconds you wait at most; 10000 by default'),
        header('mesh-placement', 'string', 'edge, native or any'),
        header('mesh-model', 'string', 'Pin a model: <id> or <id>@<version>'),
      ],
      requestBody: {
        required: true,
        content: {
          ...raw,
          'application/json': {
            schema: z.toJSONSchema(TaskRequest, JSON_SCHEMA),
            ...sample(text === undefined ? undefined : { inputs: text }),
          },
        },
      },
      responses: answers(answerContent(manifests)),
    },
  }
}

/** What a capability answers, JSON with the first example's answer. */
function answerContent(manifests: readonly Manifest[]): Record<string, unknown> {
  const json = manifests.find((manifest) => producedTypes(manifest)[0] === 'application/json')
  return contentOf(manifests.flatMap(producedTypes), json?.examples[0]?.expected)
}

/** By media type: JSON of any shape, of files that they are bytes. */
function contentOf(
  types: readonly AnswerMediaType[],
  jsonExample?: unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Array.from(new Set(types), (type) => [
      type,
      type === 'application/json'
        ? { schema: {}, ...sample(jsonExample) }
        : { schema: { type: 'string', format: 'binary' } },
    ]),
  )
}

function sample(example: unknown): { example?: unknown } {
  return example === undefined ? {} : { example }
}

function header(name: string, type: string, description: string): unknown {
  return { name, in: 'header', required: false, schema: { type }, description }
}

function get(summary: string): Record<string, unknown> {
  return { get: { summary, responses: answers() } }
}

function answers(content: Record<string, unknown> = contentOf(['application/json'])): unknown {
  return {
    200: { description: 'The answer', content },
    default: {
      description: 'A problem; its `code` is stable',
      content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  }
}
