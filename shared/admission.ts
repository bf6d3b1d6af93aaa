import { MeshError } from './mesh-error.ts'

/**
 * Decides when work may run. Settles as the work does, or throws a retryable MeshError when there is
 * no place for it. `expiresAt` (ms since the epoch) is when nobody waits for the answer any more.
 */
export type Admit = <T>(work: () => Promise<T>, expiresAt?: number) => Promise<T>

/** At most `limit` at once and no queue: an isolate has no memory to let requests wait in. */
export function boundConcurrency(limit: number, who: string): Admit {
  let running = 0
  return async function runIfFree(work) {
    if (running >= limit) {
      throw new MeshError(
        'overloaded',
        `${who} is running ${running} inferences, as many as it may at once`,
        { retryAfter: 1 },
      )
    }
    running++
    try {
      return await work()
    } finally {
      running--
    }
  }
}
