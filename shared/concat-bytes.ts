/** Chunks of `size` bytes in total as one array; the only chunk is given as it is. */
export function concatBytes<B extends ArrayBufferLike>(
  chunks: readonly Uint8Array<B>[],
  size: number,
): Uint8Array<B | ArrayBuffer> {
  const [only] = chunks
  if (only && chunks.length === 1) return only
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
