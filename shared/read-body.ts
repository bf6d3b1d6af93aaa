import { concatBytes } from './concat-bytes.ts'
import { declaredLength } from './declared-length.ts'
import { MeshError } from './mesh-error.ts'
import { readChunks } from './read-chunks.ts'

/**
 * Reads a body of at most `limit` bytes. The declared length is checked before a byte is read, and
 * the count is kept while reading, since a length can lie or be absent. Throws `payload_too_large`.
 *
 * @param who prefix of the message, e.g. `[silero-vad]`
 * @param alignAt which byte a typed array is to begin at, where the body comes in several chunks
 */
export async function readBody(
  message: Pick<Request, 'headers' | 'body'>,
  limit: number,
  who: string,
  alignAt?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = declaredLength(message.headers)
  if (declared !== undefined && declared > limit) {
    throw tooLarge(who, `${declared} bytes`, limit)
  }
  if (message.body === null) return new Uint8Array(0)

  const reader = readChunks(message.body, { declared, limit })
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
    size += chunk.byteLength
    if (size > limit) {
      const err = tooLarge(who, 'more', limit)
      // that it fails to stop is no news to whoever sent too much
      await reader.cancel(err).catch(() => {})
      throw err
    }
    chunks.push(chunk)
  }
  return concatBytes(chunks, size, alignAt)
}

function tooLarge(who: string, found: string, limit: number): MeshError {
  return new MeshError(
    'payload_too_large',
    `${who} the body has ${found}; the limit is ${limit} bytes`,
  )
}
