/**
 * Every error a caller of the mesh can meet. `retryable` says whether another deployment, or the
 * same one later, may answer the very same request; the router fails over on exactly these.
 */
export const ERROR_CODES = {
  invalid_request: { status: 400, retryable: false, title: 'The request is malformed' },
  unauthenticated: { status: 401, retryable: false, title: 'A valid API key is required' },
  forbidden: { status: 403, retryable: false, title: 'The API key lacks the needed scope' },
  not_found: { status: 404, retryable: false, title: 'There is nothing at this address' },
  capability_unknown: { status: 404, retryable: false, title: 'No model offers this capability' },
  model_unknown: { status: 404, retryable: false, title: 'There is no such model or version' },
  method_not_allowed: { status: 405, retryable: false, title: 'This address takes another method' },
  conflict: { status: 409, retryable: false, title: 'The change contradicts what is stored' },
  payload_too_large: { status: 413, retryable: false, title: 'The body exceeds the limit' },
  media_type_unsupported: {
    status: 415,
    retryable: false,
    title: 'The media type is not accepted',
  },
  invalid_input: { status: 422, retryable: false, title: 'The model cannot read this input' },
  rate_limited: { status: 429, retryable: false, title: 'The API key has made too many requests' },
  queue_full: { status: 429, retryable: true, title: 'The node has no place left in its queue' },
  internal: { status: 500, retryable: true, title: 'The mesh failed; this is a bug' },
  runtime_trap: { status: 500, retryable: true, title: 'The model runtime trapped' },
  runtime_cut: {
    status: 500,
    retryable: true,
    title: 'The input needs a part of the runtime that was cut away',
  },
  unsupported: { status: 501, retryable: false, title: 'This server does not do that' },
  bad_gateway: { status: 502, retryable: true, title: 'A node answered with nonsense' },
  overloaded: { status: 503, retryable: true, title: 'The node is at its limit' },
  shed: { status: 503, retryable: true, title: 'The mesh is at its limit' },
  shutting_down: { status: 503, retryable: true, title: 'The node is stopping' },
  model_unavailable: { status: 503, retryable: true, title: 'The model could not be loaded' },
  unreachable: { status: 503, retryable: true, title: 'The node could not be reached' },
  no_deployment: { status: 503, retryable: true, title: 'No deployment could answer' },
  registry_unavailable: { status: 503, retryable: true, title: 'The registry cannot be read' },
  not_cached: { status: 504, retryable: false, title: 'No answer is kept, and no other is wanted' },
  deadline_exceeded: { status: 504, retryable: false, title: 'The deadline passed' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>

export type ErrorCode = keyof typeof ERROR_CODES

/** Narrows a string from the wire to a code this version knows. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)
}
