import { z } from 'zod'

import { producedTypes, type AnswerMediaType } from '#shared/media-answer.ts'
import { Table } from '#shared/task-inputs.ts'
import { answerSchemaOf } from '#shared/task-schemas.ts'
import { takesText } from '#shared/text-type.ts'

import { Envelope } from '../constraints.ts'
import { Question } from '../explain-routes.ts'
import type { ModelEntry } from '../registry/snapshot.ts'
import { errorAnswers, RUNNING } from './error-answers.ts'
import { jsonSchema } from './json-schema.ts'
import { CONSTRAINTS, jsonAnswer, jsonBody, MODEL_CONSTRAINT, ROUTE_HEADERS } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

const BYTES: Part = { schema: { type: 'string', format: 'binary' } }

const Explained = z.looseObject({
  capability: z.string(),
  deployments: z.array(z.looseObject({ model: z.string() })),
  more: z.int().min(0),
})

/** `/infer`: one path a capability, and the envelope that leads to any. */
export const inferPaths: PathGroup = ({ capabilities }) => {
  const entries = Array.from(capabilities, ([id, { models }]) => ({ id, models }))
  const types = entries.flatMap(({ models }) => models.flatMap(typesOf))
  return {
    ...Object.fromEntries(
      entries.map(({ id, models }) => [`/infer/${id}`, capabilityPath(id, models)]),
    ),
    '/infer': {
      post: {
        tags: ['infer'],
        summary: 'Any capability, as one JSON envelope',
        parameters: [...CONSTRAINTS, MODEL_CONSTRAINT],
        requestBody: jsonBody(
          jsonSchema(Envelope),
          sample(envelopeExample(entries[0]?.models ?? [])),
        ),
        responses: answers(contentOf(types, {})),
      },
    },
    '/explain': {
      post: {
        tags: ['infer'],
        summary: 'Which deployments would be asked, and why not the others; nothing runs',
        parameters: [...CONSTRAINTS, MODEL_CONSTRAINT],
        requestBody: jsonBody(jsonSchema(Question)),
        responses: {
          200: jsonAnswer('Best first, then those that fail', Explained),
          ...errorAnswers('Problem', {
            codes: ['invalid_request', 'capability_unknown', 'payload_too_large', 'rate_limited'],
          }),
        },
      },
    },
  }
}

function capabilityPath(id: string, models: readonly ModelEntry[]): Part {
  const manifests = models.map(({ manifest }) => manifest)
  const accepts = new Set(manifests.flatMap((manifest) => manifest.accepts))
  const text = exampleText(models)
  const json = manifests.find((manifest) => producedTypes(manifest).includes('application/json'))
  return {
    post: {
      tags: ['infer'],
      operationId: id.replace('/', '.'),
      summary: [...new Set(manifests.map(({ title }) => title))].join(', '),
      description: [...new Set(manifests.map(({ description }) => description))].join('\n\n'),
      parameters: [...CONSTRAINTS, MODEL_CONSTRAINT],
      requestBody: {
        required: true,
        content: {
          ...Object.fromEntries(
            Array.from(accepts, (type) => [type, { ...BYTES, ...sample(text) }]),
          ),
          'application/json': {
            schema: taskRequestSchema(models),
            ...sample(text === undefined ? undefined : { inputs: text }),
          },
        },
      },
      responses: answers(
        contentOf(models.flatMap(typesOf), {
          schema: taskAnswerSchema(id, models),
          ...sample(json?.examples[0]?.expected),
        }),
      ),
    },
  }
}

/** `{inputs, parameters?}`, with what `inputs` is for these models. */
function taskRequestSchema(models: readonly ModelEntry[]): Part {
  const schema = jsonSchema(
    z.strictObject({
      inputs: z.unknown(),
      parameters: z.record(z.string(), z.unknown()).optional().describe("The model's own"),
    }),
  )
  // as: an object schema has properties
  const properties = schema.properties as Part
  return { ...schema, properties: { ...properties, inputs: inputsSchema(models) } }
}

function inputsSchema(models: readonly ModelEntry[]): Part {
  if (!takeText(models)) {
    return { type: 'string', contentEncoding: 'base64', description: 'The media' }
  }
  const text = { type: 'string', minLength: 1, description: 'The text' }
  const list = { type: 'array', items: text, minItems: 1, description: 'Texts, answered by a list' }
  const csv = models.some(({ manifest }) => manifest.accepts.includes('text/csv'))
  return { anyOf: [text, list, ...(csv ? [jsonSchema(Table)] : [])] }
}

/** The answer of one input, then that of a list where there may be one. */
function taskAnswerSchema(capability: string, models: readonly ModelEntry[]): Part {
  const one = oneAnswerSchema(capability, models)
  return takeText(models) ? { anyOf: [one, { type: 'array', items: one }] } : one
}

function takeText(models: readonly ModelEntry[]): boolean {
  return models.some(({ manifest }) => takesText(manifest))
}

/** The shape of the task, narrowed to what the examples of these models have where it allows several. */
function oneAnswerSchema(capability: string, models: readonly ModelEntry[]): Part {
  const [task = ''] = capability.split('/')
  const schema = answerSchemaOf(task)
  if (schema === undefined) return {}
  if (!(schema instanceof z.ZodUnion)) return jsonSchema(schema)
  const expected = models.flatMap(({ manifest }) =>
    manifest.examples.map((example) => example.expected),
  )
  // as: zod's own union of schemas
  const fitting = (schema.options as readonly z.ZodType[]).filter((option) =>
    expected.some((answer) => option.safeParse(answer).success),
  )
  const [only] = fitting
  return jsonSchema(fitting.length === 1 && only ? only : schema)
}

function typesOf({ manifest }: ModelEntry): readonly AnswerMediaType[] {
  return producedTypes(manifest)
}

function contentOf(types: readonly AnswerMediaType[], json: Part): Part {
  return Object.fromEntries(
    Array.from(new Set(types), (type) => [
      type,
      type === 'application/json' ? { schema: {}, ...json } : BYTES,
    ]),
  )
}

function answers(content: Part): Part {
  return {
    200: { description: 'The answer', headers: ROUTE_HEADERS, content },
    ...errorAnswers('Problem', { codes: RUNNING }),
  }
}

function sample(example: unknown): Part {
  return example === undefined ? {} : { example }
}

function exampleText(models: readonly ModelEntry[]): string | undefined {
  const example = models[0]?.manifest.examples[0]
  return example && 'text' in example.input ? example.input.text : undefined
}

function envelopeExample(models: readonly ModelEntry[]): unknown {
  const inputs = exampleText(models)
  const capability = models[0]?.manifest.capability
  return inputs === undefined ? undefined : { capability, inputs }
}
