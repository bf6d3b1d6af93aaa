import { sha256, sha256OfParts } from '#shared/sha256.ts'

/** How many characters of a digest's 64 an ETag needs to be the only one. */
const ETAG_CHARS = 32

/**
 * Names an answer by what it says (RFC 9110 §8.8.3), not by what was asked: two nodes may answer otherwise, and who
 * has what one of them said wrongly must not be told that it is still so. Of two callers it is never the same, so that
 * none learns what another was answered.
 */
export async function etagOf(
  tenant: string,
  { contentType, body }: { contentType: string; body: Uint8Array },
): Promise<string> {
  const digest = await sha256OfParts([tenant, contentType, await sha256(body)])
  return `"${digest.slice(0, ETAG_CHARS)}"`
}

/** Whether an `if-none-match` names the ETag, weakly compared as RFC 9110 §13.1.2 asks. */
export function namesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === etag || one === '*')
}
