import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { sha256, sha256OfParts } from '#shared/sha256.ts'

const utf8 = new TextEncoder()

/** What an answer depends on besides the model: whose it is, and what was asked of which door. */
export interface AskedParts {
  /** No other caller is ever given it. */
  tenant: string
  /** The door's name. */
  door: string
  /** Where it may be answered: one who asks for the edge is not given what a native node said. */
  places: readonly string[]
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  /** Whether JSON counts by its meaning, so that neither spaces nor the order of keys make another answer. */
  canonical: boolean
}

/**
 * The key of a model's answer to it: SHA-256 in hex over the parts, each with its length before it, so that no
 * two lists of parts are one string. `model` names the version and the digests of what it runs.
 */
export async function answerKey(
  { tenant, door, places, headers, body, canonical }: AskedParts,
  model: string,
): Promise<string> {
  const named = Object.entries(headers)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flat()
  const isJson = /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
  const counted = (canonical && isJson ? canonicalJson(body) : undefined) ?? body
  const place = places.toSorted().join(' ')
  return sha256OfParts([model, tenant, door, place, ...named, await sha256(counted)])
}

/**
 * Undefined where the body isn't JSON after all: the node will say so, and nothing is kept of it. Nor are numbers
 * that would be written as another, of which a node may think otherwise: -0, and what is beyond all numbers.
 */
function canonicalJson(body: Uint8Array): Uint8Array | undefined {
  let exact = true
  const inOrder = (_: string, value: unknown): unknown => {
    if (typeof value === 'number') exact &&= Number.isFinite(value) && !Object.is(value, -0)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
  try {
    const text = JSON.stringify(parseJson(body), inOrder)
    return exact ? utf8.encode(text) : undefined
  } catch (err) {
    if (err instanceof MeshError) return undefined
    throw err
  }
}
