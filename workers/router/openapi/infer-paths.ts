import { z } from 'zod'

import { producedTypes, type AnswerMediaType } from '#shared/media-answer.ts'
import { takesText } from '#shared/task-input.ts'
import { answerSchemaOf } from '#shared/task-schemas.ts'

import { Envelope } from '../constraints.ts'
import type { ModelEntry } from '../snapshot.ts'
import { errorAnswers, RUNNING } from './error-answers.ts'
import { answerSchema, requestSchema } from './json-schema.ts'
import { CONSTRAINTS, jsonBody, MODEL_CONSTRAINT, ROUTE_HEADERS } from './operation.ts'
import type { Part, PathGroup } from './path-group.ts'

const BYTES: Part = { schema: { type: 'string', format: 'binary' } }

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
        requestBody: jsonBody(requestSchema(Envelope)),
        responses: answers(contentOf(types, {})),
      },
    },
  }
}

function capabilityPath(id: string, models: readonly ModelEntry[]): Part {
  const manifests = models.map(({ manifest }) => manifest)
  const accepts = new Set(manifests.flatMap((manifest) => manifest.accepts))
  const example = manifests[0]?.examples[0]
  const text = example && 'text' in example.input ? example.input.text : undefined
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
  const text = models.some(({ manifest }) => takesText(manifest))
  const schema = requestSchema(
    z.strictObject({
      inputs: text
        ? z.string().min(1).describe('The text')
        : z.string().min(1).describe('The media in base64'),
      parameters: z.record(z.string(), z.unknown()).optional().describe("The model's own"),
    }),
  )
  if (text) return schema
  // as: an object schema has properties, this one a string among them
  const { inputs, ...others } = schema.properties as Record<string, Part>
  return { ...schema, properties: { inputs: { ...inputs, contentEncoding: 'base64' }, ...others } }
}

/** The shape of the task, narrowed to what the examples of these models have where it allows several. */
function taskAnswerSchema(capability: string, models: readonly ModelEntry[]): Part {
  const [task = ''] = capability.split('/')
  const schema = answerSchemaOf(task)
  if (schema === undefined) return {}
  if (!(schema instanceof z.ZodUnion)) return answerSchema(schema)
  const expected = models.flatMap(({ manifest }) =>
    manifest.examples.map((example) => example.expected),
  )
  // as: zod's own union of schemas
  const options = schema.options as readonly z.ZodType[]
  const fitting = options.filter((option) =>
    expected.some((answer) => option.safeParse(answer).success),
  )
  const [only] = fitting
  return answerSchema(fitting.length === 1 && only ? only : schema)
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
