import { decodeBase64 } from './base64.ts'
import { MeshError } from './mesh-error.ts'

/**
 * A file's bytes of base64, as it is or in a `data:` URL. Other addresses are not fetched: what the mesh can
 * reach, a caller may not be meant to. Throws `invalid_input`.
 */
export function mediaFromBase64(text: string, what: string): Uint8Array {
  try {
    return decodeBase64(text.startsWith('data:') ? text.slice(text.indexOf(',') + 1) : text)
  } catch (err) {
    throw new MeshError('invalid_input', `${what} must be the bytes of a file in base64`, {
      cause: err,
    })
  }
}
