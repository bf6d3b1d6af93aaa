import { MeshError } from '../mesh-error.ts'
import { readBody } from '../read-body.ts'
import type { ContentEncoding } from './content-encoding.ts'

/**
 * What is inflated at once. workerd's stream waits for no reader: it inflates whatever it is given, and
 * deflate makes up to 1,032 bytes of one, 16 MiB of this.
 */
const PIECE_BYTES = 16 * 1024

/**
 * Inflates a body to at most `limit` bytes, however small it is. Throws `payload_too_large`, and
 * `invalid_request` for damaged compression.
 *
 * @param alignAt as of readBody
 */
export async function inflate(
  compressed: Uint8Array,
  encoding: ContentEncoding,
  { limit, who, alignAt }: { limit: number; who: string; alignAt?: number | undefined },
): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream(encoding)
  const enough = new AbortController()
  const body = { headers: new Headers(), body: readable }
  try {
    const [inflated] = await Promise.all([
      readBody(body, limit, who, alignAt),
      feed(writable, compressed, enough.signal),
    ])
    return inflated
  } catch (err) {
    if (err instanceof MeshError) throw err
    throw new MeshError('invalid_request', `${who} the body is not valid ${encoding}`, {
      cause: err,
    })
  } finally {
    enough.abort()
  }
}

async function feed(
  writable: WritableStream<BufferSource>,
  bytes: Uint8Array,
  enough: AbortSignal,
): Promise<void> {
  const writer = writable.getWriter()
  for (let at = 0; at < bytes.byteLength && !enough.aborted; at += PIECE_BYTES) {
    await writer.write(bytes.slice(at, at + PIECE_BYTES))
    await readersTurn()
  }
  if (!enough.aborted) await writer.close()
}

/** Promises alone never let the stream's other end have its turn. */
function readersTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0)
  })
}
