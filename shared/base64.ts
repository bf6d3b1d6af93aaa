/** Bytes of standard base64. Throws a DOMException when it isn't. (Uint8Array.fromBase64 is not in Node 24.) */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/** String.fromCharCode takes its bytes as arguments, and engines limit how many there may be. */
const BYTES_AT_ONCE = 8192

/** Standard base64 of bytes, with its padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += BYTES_AT_ONCE) {
    binary += String.fromCharCode(...bytes.subarray(at, at + BYTES_AT_ONCE))
  }
  return btoa(binary)
}
