import { MeshError } from '../mesh-error.ts'

/** What may be done to a body on its way, by its HTTP name; `deflate` there is zlib's format, as here. */
const ENCODINGS = ['gzip', 'deflate'] as const

export type ContentEncoding = (typeof ENCODINGS)[number]

/** How a body is compressed; undefined when it isn't. Throws `media_type_unsupported` for another way. */
export function contentEncodingOf(headers: Headers, who: string): ContentEncoding | undefined {
  const named = (headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  if (named === 'identity' || named === '') return undefined
  const encoding = ENCODINGS.find((known) => known === named)
  if (encoding) return encoding
  throw new MeshError(
    'media_type_unsupported',
    `${who} does not take the content-encoding '${named.slice(0, 32)}'; it takes ${ENCODINGS.join(', ')}`,
  )
}
