import { MeshError } from './mesh-error.ts'
import { DEADLINE_HEADER, DEFAULT_DEADLINE_MS, MAX_DEADLINE_MS } from './protocol.ts'

/** Reads `mesh-deadline-ms`, by default 10 s. Throws `invalid_request` unless it is 1 to 60,000. */
export function parseDeadline(headers: Headers): number {
  const value = headers.get(DEADLINE_HEADER)
  if (value === null) return DEFAULT_DEADLINE_MS
  const ms = Number(value)
  if (!/^\d+$/.test(value) || ms < 1 || ms > MAX_DEADLINE_MS) {
    throw new MeshError(
      'invalid_request',
      `${DEADLINE_HEADER} is '${value.slice(0, 32)}'; it must be whole milliseconds from 1 to ${MAX_DEADLINE_MS}`,
    )
  }
  return ms
}

/**
 * Settles as `work` does, or throws `deadline_exceeded` after `ms`. `work` is told when that is, so
 * that it need not begin what nobody waits for; once begun, an inference can't be stopped.
 */
export async function withinDeadline<T>(
  work: (expiresAt: number) => Promise<T>,
  ms: number,
  who: string,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new MeshError('deadline_exceeded', `${who} gave no answer within ${ms} ms`))
    }, ms)
  })
  try {
    return await Promise.race([work(Date.now() + ms), late])
  } finally {
    clearTimeout(timer)
  }
}
