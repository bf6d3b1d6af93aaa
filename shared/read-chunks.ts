/** As much as is read at once. */
const MOST_BYTES = 64 * 1024
/** Not less, whatever length was declared: one that lies must not make single bytes of it. */
const LEAST_BYTES = 4 * 1024

type Chunk = Uint8Array<ArrayBuffer>

/**
 * The body in chunks as large as there is something to fill them, no byte before its turn. workerd's own iteration
 * gives 4 KiB each, and every one costs a turn of the event loop: 54 for a photo of 220 kB. A body that isn't a stream
 * of bytes comes as it is made. Who stops early cancels it.
 *
 * @param expected how many bytes are worth waiting for: those it says it has, or one more than it may have
 */
export function readChunks(
  body: ReadableStream<Uint8Array>,
  expected: number,
): AsyncIterable<Uint8Array> {
  const reader = byteReaderOf(body)
  return reader ? fillChunks(reader, expected) : body
}

async function* fillChunks(
  reader: ReadableStreamBYOBReader,
  expected: number,
): AsyncGenerator<Chunk, void, undefined> {
  let given = 0
  let chunk = emptyChunk(expected)
  let filled = 0
  try {
    for (;;) {
      const { done, value } = await reader.read(chunk.subarray(filled))
      // the buffer that was lent comes back as another object
      if (value) chunk = new Uint8Array(value.buffer)
      if (done) break
      filled += value.byteLength
      if (filled < chunk.byteLength) continue
      yield chunk
      given += filled
      chunk = emptyChunk(expected - given)
      filled = 0
    }
    if (filled > 0) yield chunk.subarray(0, filled)
  } finally {
    await reader.cancel()
  }
}

function byteReaderOf(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' })
  } catch (err) {
    // what a stream says that isn't one of bytes; one that is being read already says it again below
    if (err instanceof TypeError) return undefined
    throw err
  }
}

function emptyChunk(left: number): Chunk {
  return new Uint8Array(new ArrayBuffer(Math.min(MOST_BYTES, Math.max(LEAST_BYTES, left))))
}
