/** Bytes of standard base64. Throws a DOMException when it isn't. (Uint8Array.fromBase64 is not in Node 24.) */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
