import type { ErrorCode } from '#shared/error-codes.ts'

import type { Attempt } from '../dispatch/attempt-record.ts'

/** How the cache took part; `bypass` where none may, or the caller wants none. */
export type CacheUse = 'hit' | 'collapsed' | 'miss' | 'bypass'

/** One request for an inference and what became of it. Nothing of its input, and of its key the id only. */
export interface Decision {
  requestId: string
  traceId: string
  /** When it came in, in ms since the epoch. */
  at: number
  key: string
  capability: string | null
  /** Who answered, `id@version`. */
  model: string | null
  node: string | null
  outcome: 'ok' | ErrorCode
  cache: CacheUse
  ms: number
  attempts: readonly Attempt[]
}
