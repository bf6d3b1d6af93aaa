import { discardBody } from '../discard-body.ts'
import { exportRequest } from './export-request.ts'
import type { Span } from './span.ts'

/** The specification's own default is 10 s; nobody waits for these. */
const TIMEOUT_MS = 5_000

/** Where spans are sent. */
export interface Receiver {
  /** Whole, with its path. */
  url: string
  headers: Readonly<Record<string, string>>
  /** What the spans are of: `service.name` and the like. */
  resource: Readonly<Record<string, string>>
}

/** `name=value,name=value`, values percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS. Throws an Error that names no value. */
export function parseHeaders(text: string): Record<string, string> {
  const entries = text.split(',').flatMap((part): [string, string][] => {
    if (part.trim() === '') return []
    const at = part.indexOf('=')
    const name = part.slice(0, at).trim()
    if (at < 1 || !/^[\w-]+$/.test(name)) throw new Error('headers must be name=value,name=value')
    return [[name, decodeURIComponent(part.slice(at + 1).trim())]]
  })
  return Object.fromEntries(entries)
}

/** Sends one batch, once. Throws when it isn't taken. */
export async function sendSpans(
  { url, headers, resource }: Receiver,
  spans: readonly Span[],
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(exportRequest(spans, resource)),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  await discardBody(response)
  if (!response.ok) throw new Error(`the receiver of spans answered ${response.status}`)
}
