import { toHex } from './to-hex.ts'

const utf8 = new TextEncoder()

/** SHA-256 in hex, of bytes or of a text's UTF-8. */
export async function sha256(data: string | Uint8Array): Promise<string> {
  const bytes = typeof data === 'string' ? utf8.encode(data) : data
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

/** SHA-256 of several texts, each with its length before it, so that no two lists of them are one. */
export function sha256OfParts(parts: readonly string[]): Promise<string> {
  return sha256(parts.map((part) => `${part.length}:${part}`).join(''))
}
