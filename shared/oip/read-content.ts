import { readBody } from '../read-body.ts'
import { contentEncodingOf } from './content-encoding.ts'
import { inflate } from './inflate.ts'

/**
 * Reads a body, inflating one that is compressed. Neither what comes nor what it inflates to is ever
 * more than `limit`, however small the body. Throws `payload_too_large`, `invalid_request` for damaged
 * compression, `media_type_unsupported` for another.
 *
 * @param alignAt as of readBody
 */
export async function readContent(
  request: Request,
  limit: number,
  who: string,
  alignAt?: number,
): Promise<Uint8Array> {
  const encoding = contentEncodingOf(request.headers, who)
  if (!encoding) return readBody(request, limit, who, alignAt)
  return inflate(await readBody(request, limit, who), encoding, { limit, who, alignAt })
}
