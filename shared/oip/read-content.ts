import { MeshError } from '../mesh-error.ts'
import { readBody } from '../read-body.ts'

/** What may be done to a body on its way, by its HTTP name; `deflate` there is zlib's format, as here. */
const ENCODINGS = ['gzip', 'deflate'] as const

/**
 * Reads a body, inflating one that is compressed. Neither what comes nor what it inflates to is ever
 * more than `limit`, however small the body. Throws `payload_too_large`, `invalid_request` for damaged
 * compression, `media_type_unsupported` for another.
 */
export async function readContent(
  request: Request,
  limit: number,
  who: string,
  alignAt?: number,
): Promise<Uint8Array> {
  const named = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  if (named === 'identity' || named === '') return readBody(request, limit, who, alignAt)
  const encoding = ENCODINGS.find((known) => known === named)
  if (!encoding) {
    throw new MeshError(
      'media_type_unsupported',
      `${who} does not take the content-encoding ${named.slice(0, 32)}; it takes ${ENCODINGS.join(', ')}`,
    )
  }
  const compressed = await readBody(request, limit, who)
  const stream = new Blob([new Uint8Array(compressed)])
    .stream()
    .pipeThrough(new DecompressionStream(encoding))
  try {
    return await readBody({ headers: new Headers(), body: stream }, limit, who, alignAt)
  } catch (err) {
    if (err instanceof MeshError) throw err
    throw new MeshError('invalid_request', `${who} the body is not valid ${encoding}`, {
      cause: err,
    })
  }
}
