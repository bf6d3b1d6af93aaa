import type { Manifest } from './manifest.ts'
import { MeshError } from './mesh-error.ts'

/**
 * Lets a list of texts pass that a model may be given: none empty, all together within its limit.
 * Throws `invalid_input` and `payload_too_large`.
 *
 * @param name what callers call the list, as they sent it
 */
export function requireTexts(
  texts: readonly Uint8Array[],
  { id, limits }: Pick<Manifest, 'id' | 'limits'>,
  name: string,
): void {
  const empty = texts.findIndex(({ byteLength }) => byteLength === 0)
  if (empty !== -1) throw new MeshError('invalid_input', `[${id}] ${name}[${empty}] is empty`)
  const bytes = texts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  if (bytes <= limits.inputBytes) return
  throw new MeshError(
    'payload_too_large',
    `[${id}] ${name} has ${bytes} bytes; the limit is ${limits.inputBytes}`,
  )
}
