import { CapillaryError } from './capillary-error.ts'

/** Throws `bad_response` when the bytes are no JSON object or list. */
export function parseJson(bytes: ArrayBuffer): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // said below
  }
  throw new CapillaryError('bad_response', 'the answer is not JSON', { status: 200 })
}
