import { z } from 'zod'

import { describeIssues } from '#shared/describe-issues.ts'
import { firstIssueSchema } from '#shared/first-issue-schema.ts'
import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { MAX_BATCH } from '#shared/task-inputs.ts'

/** No name of a model or capability is longer. */
const MAX_NAME_CHARS = 128

const Input = firstIssueSchema<string | string[]>(findWrongInput, {
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, maxItems: MAX_BATCH },
  ],
  description: 'A text or a list of texts; token ids are refused',
})

/** The body of `POST /v1/embeddings`; a list of texts is what comes out, whatever was sent. */
export const EmbeddingsRequest = z.strictObject({
  model: z
    .string('model must be the id of a model, `id@version` or a capability')
    .max(MAX_NAME_CHARS, `model must be a name of at most ${MAX_NAME_CHARS} characters`),
  input: Input.transform((input) => (typeof input === 'string' ? [input] : input)),
  encoding_format: z.enum(['float', 'base64']).default('float'),
  /** Checked against the length that the model's embeddings have. */
  dimensions: z.int().min(1).optional(),
  /** Told by some callers for their own books. */
  user: z.string().optional(),
})
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>

/** Throws `invalid_request` that names the field, as its `param` too. */
export function parseEmbeddingsRequest(body: Uint8Array): EmbeddingsRequest {
  const parsed = EmbeddingsRequest.safeParse(parseJson(body))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const param = unknown ?? issue?.path[0]
  throw new MeshError('invalid_request', describeIssues(parsed.error), {
    extensions: { param: param === undefined ? null : String(param) },
  })
}

function findWrongInput(input: unknown): string | undefined {
  if (input === '') return 'a text of `input` must not be empty'
  if (typeof input === 'string') return undefined
  if (!Array.isArray(input)) return 'input must be a text or a list of texts'
  if (typeof input[0] === 'number' || Array.isArray(input[0])) {
    return 'input must be text: token ids mean nothing to this model, whose tokenizer is its own'
  }
  if (input.length < 1 || input.length > MAX_BATCH) {
    return `input has ${input.length} texts; it may have 1 to ${MAX_BATCH}`
  }
  const wrong = input.findIndex((item) => typeof item !== 'string' || item === '')
  if (wrong === -1) return undefined
  return `input[${wrong}] ${input[wrong] === '' ? 'must not be empty' : 'must be a text'}`
}
