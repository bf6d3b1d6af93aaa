import { CapillaryError } from './capillary-error.ts'
import type { CallOptions, ClientOptions } from './client.ts'
import { readError } from './read-error.ts'

/** The mesh's own default. */
const DEFAULT_DEADLINE_MS = 10_000
/** The longest deadline that the mesh takes. */
const MAX_DEADLINE_MS = 60_000
/** The server's own word on the deadline is worth waiting a moment for. */
const GRACE_MS = 500
/** The longest that a timer waits; beyond it, it wouldn't wait at all. */
const MAX_TIMER_MS = 2 ** 31 - 1

const DEFAULT_RETRIES = 2
const FIRST_DELAY_MS = 200
const MAX_DELAY_MS = 5_000

/** A body that can be sent again as it is: no streams. */
export interface Payload {
  headers: Readonly<Record<string, string>>
  body: string | Blob | Uint8Array<ArrayBuffer>
}

export interface Outgoing extends Partial<Payload> {
  path: string
}

export interface Received {
  headers: Headers
  bytes: ArrayBuffer
}

/**
 * Sends a request until it is answered, while that makes sense: not after an answer that would be the same
 * again, not past the deadline, not once the caller aborted.
 */
export async function send(
  client: ClientOptions,
  outgoing: Outgoing,
  options: CallOptions = {},
): Promise<Received> {
  const { signal } = options
  const deadlineMs = options.deadlineMs ?? client.deadlineMs ?? DEFAULT_DEADLINE_MS
  if (!(deadlineMs > 0)) throw new TypeError(`deadlineMs is ${deadlineMs}; it must be above 0`)
  const endsAt = Date.now() + deadlineMs
  const retries = options.retries ?? client.retries ?? DEFAULT_RETRIES
  // made once, before the loop: a header that can't be sent is the caller's mistake and no failure to be retried
  const headers = new Headers(outgoing.headers)
  if (client.key !== undefined) headers.set('authorization', `Bearer ${client.key}`)
  if (options.placement !== undefined) headers.set('mesh-placement', options.placement)

  for (let attempts = 1; ; attempts++) {
    try {
      return await sendOnce(client, outgoing, headers, endsAt, signal)
    } catch (err) {
      if (!(err instanceof CapillaryError)) throw err
      err.attempts = attempts
      const delay = err.retryAfterMs ?? backOff(attempts)
      if (!err.retryable || attempts > retries || Date.now() + delay >= endsAt) throw err
      await sleep(delay, signal)
    }
  }
}

async function sendOnce(
  { url, fetch: ownFetch }: ClientOptions,
  { path, body }: Outgoing,
  headers: Headers,
  endsAt: number,
  signal: AbortSignal | undefined,
): Promise<Received> {
  signal?.throwIfAborted()
  const left = endsAt - Date.now()
  headers.set('mesh-deadline-ms', String(Math.max(1, Math.min(Math.ceil(left), MAX_DEADLINE_MS))))
  // no AbortSignal.any: Node 20 may collect its sources before they fire
  const controller = new AbortController()
  const abort = () => controller.abort()
  signal?.addEventListener('abort', abort)
  const timer = setTimeout(abort, Math.min(left + GRACE_MS, MAX_TIMER_MS))
  try {
    // called by its bare name, since a browser's fetch refuses any other `this`
    const call = ownFetch ?? fetch
    const response = await call(`${String(url).replace(/\/+$/, '')}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      signal: controller.signal,
      ...(body === undefined ? {} : { body }),
    })
    if (response.status !== 200) throw readError(response, await response.text())
    return { headers: response.headers, bytes: await response.arrayBuffer() }
  } catch (err) {
    if (err instanceof CapillaryError) throw err
    signal?.throwIfAborted()
    if (controller.signal.aborted) {
      throw new CapillaryError('deadline_exceeded', `${String(url)} gave no answer in time`)
    }
    throw new CapillaryError('unreachable', `${String(url)} could not be reached`, {
      retryable: true,
      cause: err,
    })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** Doubles with every attempt, and is spread over its upper half, so that clients don't return in step. */
function backOff(attempts: number): number {
  const longest = Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), MAX_DELAY_MS)
  return longest * (0.5 + Math.random() / 2)
}

/** Rejects with the signal's reason when it aborts. */
function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      // the reason is the caller's, whatever it is
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      if (signal?.aborted) reject(signal.reason)
      else resolve()
    }
    const timer = setTimeout(wake, ms)
    signal?.addEventListener('abort', wake)
    if (signal?.aborted) wake()
  })
}
