import { concatBytes } from '#shared/concat-bytes.ts'
import { MeshError } from '#shared/mesh-error.ts'

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
  const length = Number(response.headers.get('content-length') ?? 0)
  if (length > MAX_ANSWER_BYTES) {
    await response.body?.cancel()
    throw new MeshError(
      'bad_gateway',
      `${node} answered with ${length} bytes; ${MAX_ANSWER_BYTES} is the most`,
    )
  }
  const body = await receiveAnswer(response.body)
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
): Promise<Bytes | ReadableStream<Bytes>> {
  if (body === null) return new Uint8Array(0)
  const reader = body.getReader()
  const held: Bytes[] = []
  let size = 0
  while (size <= MAX_HELD_BYTES) {
    const { done, value } = await reader.read()
    if (done) return concatBytes(held, size)
    held.push(value)
    size += value.byteLength
  }
  return resume(reader, held, size)
}

function resume(
  reader: ReadableStreamDefaultReader<Bytes>,
  held: Bytes[],
  already: number,
): ReadableStream<Bytes> {
  let size = already
  return new ReadableStream<Bytes>({
    async pull(controller) {
      const first = held.shift()
      if (first) return controller.enqueue(first)
      const { done, value } = await reader.read()
      if (done) return controller.close()
      size += value.byteLength
      if (size > MAX_ANSWER_BYTES) {
        const err = new MeshError('bad_gateway', `the answer exceeds ${MAX_ANSWER_BYTES} bytes`)
        await reader.cancel(err)
        return controller.error(err)
      }
      controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
