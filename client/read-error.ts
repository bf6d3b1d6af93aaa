import { CapillaryError, type Problem } from './capillary-error.ts'

/** What a proxy or a server of another make says of a trouble that may pass. */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 429, 502, 503, 504])

/** An error's answer: a problem document, `{"error": …}` of the Open Inference Protocol, or anything else. */
export function readError({ status, headers }: Response, body: string): CapillaryError {
  const problem = parseObject(body)
  const { code, detail, error, retryable } = problem ?? {}
  const sentence = [detail, error].find((text) => typeof text === 'string')
  return new CapillaryError(
    typeof code === 'string' ? code : 'bad_response',
    sentence ?? `the server answered ${status} without saying why`,
    {
      status,
      retryable: typeof retryable === 'boolean' ? retryable : PASSING_STATUS.has(status),
      requestId: headers.get('x-request-id'),
      retryAfterMs: retryAfterMs(headers),
      ...(problem ? { problem } : {}),
    },
  )
}

function parseObject(text: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(text)
    // as: a JSON object
    return typeof value === 'object' && value !== null ? (value as Problem) : undefined
  } catch {
    return undefined
  }
}

/** `retry-after-ms`, else `retry-after` in seconds or as a date. */
function retryAfterMs(headers: Headers): number | undefined {
  const seconds = headers.get('retry-after')
  const ms =
    Number(headers.get('retry-after-ms') ?? NaN) ||
    (seconds === null ? NaN : Number(seconds) * 1000 || Date.parse(seconds) - Date.now())
  return ms >= 0 ? ms : undefined
}
