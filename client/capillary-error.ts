/** The problem document of an answer, as far as it was one. */
export type Problem = Readonly<Record<string, unknown>>

export interface CapillaryErrorOptions {
  status?: number
  retryable?: boolean
  requestId?: string | null
  problem?: Problem
  /** Milliseconds the server asked to wait before the next request. */
  retryAfterMs?: number | undefined
  cause?: unknown
}

/** A call that got no answer. `message` is the server's own sentence where there is one. */
export class CapillaryError extends Error {
  override readonly name = 'CapillaryError'
  /** The mesh's code, e.g. `invalid_input`; `unreachable`, `deadline_exceeded` and `bad_response` are also said here. */
  readonly code: string
  /** Of the HTTP answer; 0 when there was none. */
  readonly status: number
  /** Whether the very same call may succeed later. */
  readonly retryable: boolean
  /** Finds the request in the logs of the mesh. */
  readonly requestId: string | null
  /** The whole problem document, with members such as `nearest` or `attempts`. */
  readonly problem: Problem | undefined
  readonly retryAfterMs: number | undefined
  /** How many requests were sent. */
  attempts = 0

  constructor(code: string, message: string, options: CapillaryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = options.status ?? 0
    this.retryable = options.retryable ?? false
    this.requestId = options.requestId ?? null
    this.problem = options.problem
    this.retryAfterMs = options.retryAfterMs
  }
}
