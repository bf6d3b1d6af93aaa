import { MeshError } from '#shared/mesh-error.ts'

/** What a caller says of the cache (RFC 9111 §5.2.1), as far as it has a meaning here. */
export interface CacheDirectives {
  /** The answer must be made anew; it is kept afterwards. */
  noCache: boolean
  /** Neither looked up nor kept. */
  noStore: boolean
  /** Nothing is run: what isn't kept is refused. */
  onlyIfCached: boolean
  /** The oldest answer that will do, in seconds. */
  maxAge: number | undefined
}

const ABSENT: CacheDirectives = {
  noCache: false,
  noStore: false,
  onlyIfCached: false,
  maxAge: undefined,
}
const MAX_HEADER_CHARS = 256

/** Reads a request's `cache-control`; directives of no meaning here are ignored, as the RFC asks. Throws `invalid_request`. */
export function parseCacheDirectives(header: string | undefined): CacheDirectives {
  if (header === undefined) return ABSENT
  if (header.length > MAX_HEADER_CHARS) throw wrong('it is longer than any real one')
  const found = { ...ABSENT }
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', value] = part.split('=', 2).map((word) => word.trim())
    if (name === 'no-cache') found.noCache = true
    else if (name === 'no-store') found.noStore = true
    else if (name === 'only-if-cached') found.onlyIfCached = true
    else if (name === 'max-age') found.maxAge = seconds(value)
  }
  if (found.onlyIfCached && (found.noCache || found.noStore))
    throw wrong('only-if-cached contradicts no-cache and no-store')
  return found
}

function seconds(value: string | undefined): number {
  const text = value?.replaceAll('"', '') ?? ''
  if (!/^\d{1,9}$/.test(text)) throw wrong('max-age takes whole seconds')
  return Number(text)
}

function wrong(why: string): MeshError {
  return new MeshError('invalid_request', `cache-control: ${why}`)
}
