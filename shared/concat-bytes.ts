/** Bytes of the widest elements of a typed array. */
const WIDEST_NUMBER = 8

/**
 * Chunks of `size` bytes in total as one array; the only chunk is given as it is.
 *
 * @param alignAt which byte is to lie where a typed array of any kind may begin; a copy that is made
 * anyway costs no more for it
 */
export function concatBytes<B extends ArrayBufferLike>(
  chunks: readonly Uint8Array<B>[],
  size: number,
  alignAt?: number,
): Uint8Array<B | ArrayBuffer> {
  const [only] = chunks
  if (only && chunks.length === 1) return only
  const pad =
    alignAt === undefined ? 0 : (WIDEST_NUMBER - (alignAt % WIDEST_NUMBER)) % WIDEST_NUMBER
  const whole = new Uint8Array(new ArrayBuffer(pad + size), pad)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
