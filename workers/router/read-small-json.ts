import { MeshError } from '#shared/mesh-error.ts'
import { readBody } from '#shared/read-body.ts'

/** An error of a node is small; more is not read. */
const MAX_BYTES = 64 * 1024

/** A node's JSON; undefined when it is none, or larger than an error can be. */
export async function readSmallJson(response: Response): Promise<unknown> {
  const body = await readBody(response, MAX_BYTES, 'an error:').catch(onlyTooLarge)
  if (!body) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
}

function onlyTooLarge(err: unknown): undefined {
  if (!(err instanceof MeshError)) throw err
}
