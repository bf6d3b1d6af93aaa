import type { ErrorCode } from '#shared/error-codes.ts'
import type { MeshError } from '#shared/mesh-error.ts'
import type { ErrorShape } from '#shared/problem.ts'

/** Codes that OpenAI's own API has another word for, which programs look for. */
const CODES: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'invalid_api_key',
  model_unknown: 'model_not_found',
  capability_unknown: 'model_not_found',
}

/** What of the request is to blame, where the code alone tells. */
const PARAMS: Partial<Record<ErrorCode, string>> = {
  model_unknown: 'model',
  capability_unknown: 'model',
  invalid_input: 'input',
}

/**
 * Errors as OpenAI's clients read them. The clients retry 408, 409, 429 and 500 to 599 unless
 * `x-should-retry` says better, and prefer `retry-after-ms` to `retry-after`.
 */
export const openAiError: ErrorShape = (err) => ({
  body: {
    error: {
      message: err.message,
      type: typeOf(err),
      param: err.extensions.param ?? PARAMS[err.code] ?? null,
      code: CODES[err.code] ?? err.code,
    },
  },
  contentType: 'application/json',
  headers: {
    'x-should-retry': String(err.retryable),
    ...(err.retryAfter === undefined
      ? {}
      : { 'retry-after-ms': String(Math.ceil(err.retryAfter * 1_000)) }),
  },
})

function typeOf({ status }: MeshError): string {
  if (status >= 500) return 'server_error'
  if (status === 429) return 'rate_limit_error'
  if (status === 403) return 'permission_error'
  return 'invalid_request_error'
}
