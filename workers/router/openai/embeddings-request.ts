import { z } from 'zod'

import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { MAX_BATCH } from '#shared/protocol.ts'

const NOT_EMPTY = 'a text of `input` must not be empty'
const Text = z.string().min(1, NOT_EMPTY)
const told = { error: ({ input }: { input?: unknown }) => describeWrongInput(input) }

/** The body of `POST /v1/embeddings`; a list of texts is what comes out, whatever was sent. */
export const EmbeddingsRequest = z.strictObject({
  model: z.string('model must be the id of a model, `id@version` or a capability'),
  input: z
    .union(
      [Text.transform((text) => [text]), z.array(Text).min(1, told).max(MAX_BATCH, told)],
      told,
    )
    .describe('A text or a list of texts; token ids are refused'),
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
  throw new MeshError('invalid_request', z.prettifyError(parsed.error), {
    extensions: { param: param === undefined ? null : String(param) },
  })
}

function describeWrongInput(input: unknown): string {
  if (input === '') return NOT_EMPTY
  if (!Array.isArray(input)) return 'input must be a text or a list of texts'
  if (input.some((item) => typeof item === 'number' || Array.isArray(item))) {
    return 'input must be text: token ids mean nothing to this model, whose tokenizer is its own'
  }
  const empty = input.indexOf('')
  if (empty !== -1) return `input[${empty}] must not be empty`
  const wrong = input.findIndex((item) => typeof item !== 'string')
  return wrong === -1
    ? `input has ${input.length} texts; it may have 1 to ${MAX_BATCH}`
    : `input[${wrong}] must be a text`
}
