import { MeshError } from './mesh-error.ts'

/** Deeper JSON than any request here needs; V8's own parser would recurse into whatever a caller sends. */
const MAX_JSON_DEPTH = 32

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Bytes as text. Throws `invalid_request` with the caller's name for it when they aren't UTF-8. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes)
  } catch (err) {
    throw new MeshError('invalid_request', `${what} is not valid UTF-8`, { cause: err })
  }
}

/** Parses a JSON body after checking its nesting. Throws `invalid_request`. */
export function parseJson(bytes: Uint8Array, what = 'the body'): unknown {
  const text = decodeUtf8(bytes, what)
  if (text.trim() === '') throw new MeshError('invalid_request', `${what} is empty; send JSON`)
  if (nestingExceeds(text, MAX_JSON_DEPTH)) {
    throw new MeshError('invalid_request', `${what} nests deeper than ${MAX_JSON_DEPTH} levels`)
  }
  try {
    return JSON.parse(text)
  } catch (err) {
    throw new MeshError('invalid_request', `${what} is not valid JSON`, { cause: err })
  }
}

function nestingExceeds(text: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (inString) {
      if (char === 0x5c) i++
      else if (char === 0x22) inString = false
    } else if (char === 0x22) inString = true
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > limit) return true
    } else if (char === 0x5d || char === 0x7d) depth--
  }
  return false
}
