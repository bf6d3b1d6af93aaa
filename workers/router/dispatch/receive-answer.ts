import { concatBytes } from '#shared/concat-bytes.ts'
import { declaredLength } from '#shared/declared-length.ts'
import { discardBody } from '#shared/discard-body.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { readChunks, type ChunkReader } from '#shared/read-chunks.ts'

/** Up to this, an answer is held until it is whole: a node that dies halfway is then fallen over. */
export const MAX_HELD_BYTES = 1024 * 1024
/** More than any task answers; an isolate has 128 MB for everything. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024

type Bytes = Uint8Array<ArrayBuffer>

/** The body of an answer of `node`. Throws `bad_gateway` when it is empty, or says that it is too long. */
export async function readAnswer(
  response: Response,
  node: string,
): Promise<Bytes | ReadableStream<Bytes>> {
  const declared = declaredLength(response.headers)
  if (declared !== undefined && declared > MAX_ANSWER_BYTES) {
    await discardBody(response)
    throw new MeshError(
      'bad_gateway',
      `${node} answered with ${declared} bytes; ${MAX_ANSWER_BYTES} is the most`,
    )
  }
  const body = await receiveAnswer(response.body, declared)
  if (body instanceof Uint8Array && body.byteLength === 0) {
    throw new MeshError('bad_gateway', `${node} answered 200 with an empty body`)
  }
  return body
}

/**
 * The body of a node's answer: whole when it is small, else a stream that begins with what was read
 * and breaks off beyond the limit. Rejects when the node breaks off while it is being held.
 */
export async function receiveAnswer(
  body: ReadableStream<Bytes> | null,
  declared?: number,
): Promise<Bytes | ReadableStream<Bytes>> {
  if (body === null) return new Uint8Array(0)
  const reader = readChunks(body, { declared, limit: MAX_ANSWER_BYTES })
  const held: Bytes[] = []
  let size = 0
  while (size <= MAX_HELD_BYTES) {
    const chunk = await reader.read()
    if (!chunk) return concatBytes(held, size)
    held.push(chunk)
    size += chunk.byteLength
  }
  return resume(reader, held, size)
}

function resume(reader: ChunkReader, held: Bytes[], already: number): ReadableStream<Bytes> {
  let size = already
  return new ReadableStream<Bytes>({
    async pull(controller) {
      const first = held.shift()
      if (first) return controller.enqueue(first)
      const chunk = await reader.readSome()
      if (!chunk) return controller.close()
      size += chunk.byteLength
      if (size > MAX_ANSWER_BYTES) {
        const err = new MeshError('bad_gateway', `the answer exceeds ${MAX_ANSWER_BYTES} bytes`)
        await reader.cancel(err).catch(() => {})
        return controller.error(err)
      }
      controller.enqueue(chunk)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
