import { z } from 'zod'

import { decodeBase64 } from '#shared/base64.ts'
import { MeshError } from '#shared/mesh-error.ts'

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
      ...(types.length > 1 ? { mimeType: { type: 'string', enum: types, default: types[0] } } : {}),
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
  if (!parsed.success) throw new MeshError('invalid_request', z.prettifyError(parsed.error))
  const { text, data, mimeType, parameters, constraints = {} } = parsed.data
  const { textTypes, mediaTypes } = split(types)
  const given = requireOne({
    text: textTypes.length > 0 ? text : refuse('text', text, types),
    data: mediaTypes.length > 0 ? data : refuse('data', data, types),
  })
  const fitting = given.name === 'text' ? textTypes : mediaTypes
  const contentType = mimeType ?? fitting[0] ?? ''
  if (!fitting.includes(contentType)) {
    throw new MeshError('invalid_request', `mimeType of ${given.name} must be one of ${fitting}`)
  }
  if (parameters) {
    const body = new TextEncoder().encode(JSON.stringify({ inputs: given.value, parameters }))
    return { contentType: 'application/json', body, constraints }
  }
  const body = given.name === 'text' ? new TextEncoder().encode(given.value) : bytesOf(given.value)
  return { contentType, body, constraints }
}

function split(types: readonly string[]): { textTypes: string[]; mediaTypes: string[] } {
  const isText = (type: string) => type.startsWith('text/') || type.startsWith('message/')
  return { textTypes: types.filter(isText), mediaTypes: types.filter((type) => !isText(type)) }
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

/** Addresses are not fetched: what the mesh can reach, a caller may not be meant to. */
function bytesOf(data: string): Uint8Array {
  try {
    return decodeBase64(data.startsWith('data:') ? data.slice(data.indexOf(',') + 1) : data)
  } catch (err) {
    throw new MeshError('invalid_input', 'data must be the bytes of the file in base64', {
      cause: err,
    })
  }
}
