/** How many characters of a key's 64 an ETag needs to be the only one. */
const ETAG_CHARS = 32

export function etagOf(key: string): string {
  return `"${key.slice(0, ETAG_CHARS)}"`
}

/** Whether an `if-none-match` names the ETag, weakly compared as RFC 9110 §13.1.2 asks. */
export function namesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === etag || one === '*')
}
