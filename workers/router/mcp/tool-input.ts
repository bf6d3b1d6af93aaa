import { z } from 'zod'

import { describeIssues } from '#shared/describe-issues.ts'
import { mediaFromBase64 } from '#shared/media-from-base64.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { isTextType, textTypeOf } from '#shared/text-type.ts'

import { ConstraintFields } from '../constraints.ts'

/** What any tool but `find-capability` may be called with. */
const ToolArguments = z.strictObject({
  text: z.string().min(1).optional(),
  data: z.string().min(1).optional(),
  mimeType: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  constraints: ConstraintFields.optional(),
})

const CONSTRAINTS = z.toJSONSchema(ConstraintFields, { io: 'input' })

export interface ToolInput {
  contentType: string
  body: Uint8Array
  constraints: ConstraintFields
}

/** The JSON Schema of a tool's arguments, for a capability that accepts `types`. */
export function inputSchemaOf(types: readonly string[]): {
  type: 'object'
  [keyword: string]: unknown
} {
  const { textTypes, mediaTypes } = split(types)
  const untold = [
    ...(textTypes.length > 0 ? [textTypeOf({ accepts: textTypes })] : []),
    ...mediaTypes.slice(0, 1),
  ]
  return {
    type: 'object',
    properties: {
      ...(textTypes.length > 0
        ? { text: { type: 'string', minLength: 1, description: `As ${textTypes.join(' or ')}` } }
        : {}),
      ...(mediaTypes.length > 0
        ? {
            data: {
              type: 'string',
              minLength: 1,
              contentEncoding: 'base64',
              description: `The bytes of the file in base64: ${mediaTypes.join(' or ')}`,
            },
          }
        : {}),
      ...(types.length > 1
        ? {
            mimeType: {
              type: 'string',
              enum: types,
              description: `What the input is; ${untold.join(' or ')} unless you say it`,
            },
          }
        : {}),
      parameters: { type: 'object', description: 'Parameters of the task, e.g. top_k' },
      constraints: { ...CONSTRAINTS, $schema: undefined, description: 'What the answer must obey' },
    },
    ...(textTypes.length > 0 && mediaTypes.length > 0
      ? {}
      : { required: [textTypes.length > 0 ? 'text' : 'data'] }),
    additionalProperties: false,
  }
}

/** The task-level request that a call with `args` stands for. Throws `invalid_request` or `invalid_input`. */
export function readToolInput(args: unknown, types: readonly string[]): ToolInput {
  const parsed = ToolArguments.safeParse(args ?? {})
  if (!parsed.success) throw new MeshError('invalid_request', describeIssues(parsed.error))
  const { text, data, mimeType, parameters, constraints = {} } = parsed.data
  const { textTypes, mediaTypes } = split(types)
  const given = requireOne({
    text: textTypes.length > 0 ? text : refuse('text', text, types),
    data: mediaTypes.length > 0 ? data : refuse('data', data, types),
  })
  const fitting = given.name === 'text' ? textTypes : mediaTypes
  const untold = given.name === 'text' ? textTypeOf({ accepts: textTypes }) : (mediaTypes[0] ?? '')
  const contentType = mimeType ?? untold
  if (!fitting.includes(contentType)) {
    throw new MeshError('invalid_request', `mimeType of ${given.name} must be one of ${fitting}`)
  }
  if (parameters) {
    if (given.name === 'text' && contentType !== untold) {
      throw new MeshError(
        'invalid_request',
        `with parameters a text is ${untold}; leave out the mimeType, or the parameters`,
      )
    }
    const body = new TextEncoder().encode(JSON.stringify({ inputs: given.value, parameters }))
    return { contentType: 'application/json', body, constraints }
  }
  const body =
    given.name === 'text'
      ? new TextEncoder().encode(given.value)
      : mediaFromBase64(given.value, 'data')
  return { contentType, body, constraints }
}

function split(types: readonly string[]): { textTypes: string[]; mediaTypes: string[] } {
  return {
    textTypes: types.filter(isTextType),
    mediaTypes: types.filter((type) => !isTextType(type)),
  }
}

function refuse(name: string, value: string | undefined, types: readonly string[]): undefined {
  if (value === undefined) return undefined
  throw new MeshError('invalid_request', `this tool takes no ${name}; it takes ${types.join(', ')}`)
}

function requireOne({ text, data }: { text: string | undefined; data: string | undefined }): {
  name: 'text' | 'data'
  value: string
} {
  if (text !== undefined && data === undefined) return { name: 'text', value: text }
  if (data !== undefined && text === undefined) return { name: 'data', value: data }
  throw new MeshError('invalid_request', 'give the input, as text or as base64 data, and only once')
}
