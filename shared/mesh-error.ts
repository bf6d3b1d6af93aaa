import { ERROR_CODES, type ErrorCode } from './error-codes.ts'

export interface MeshErrorOptions {
  /** What went wrong underneath. Logged, never answered. */
  cause?: unknown
  /** Private context for the log: a path, an upstream body. Never answered. */
  detail?: string | undefined
  /** Seconds after which a retry makes sense; becomes the `retry-after` header. */
  retryAfter?: number
  /** Public members added to the problem document, e.g. `{ nearest: [...] }`. */
  extensions?: Record<string, unknown>
}

/**
 * The one error of the mesh. `message` is the public sentence: it says who, what was wrong and what
 * would be right; everything private goes to `detail` and `cause`.
 *
 * @example throw new MeshError('invalid_input', '[silero-vad] the WAV ends after 44 of 32,044 bytes')
 */
export class MeshError extends Error {
  override readonly name = 'MeshError'
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly retryAfter: number | undefined
  readonly extensions: Record<string, unknown>

  constructor(code: ErrorCode, message: string, options: MeshErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.detail = options.detail
    this.retryAfter = options.retryAfter
    this.extensions = options.extensions ?? {}
  }

  get status(): number {
    return ERROR_CODES[this.code].status
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable
  }
}
