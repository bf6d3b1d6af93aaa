import type { Manifest } from './manifest.ts'
import { MeshError } from './mesh-error.ts'

type Acceptance = Pick<Manifest, 'id' | 'accepts'>

/** Whether a media type is text, which JSON has as it is; the bytes of others are base64 there. */
export function isTextType(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'message/rfc822'
}

/** Whether `inputs` of a JSON body is the text itself; of other models it is base64. */
export function takesText(manifest: Acceptance): boolean {
  return isTextType(mainType(manifest))
}

/**
 * What a text is that came without a media type of its own, in JSON or in a tensor: plain text where the
 * model takes any, since a mail or a table is more than that.
 */
export function textTypeOf({ accepts }: Pick<Manifest, 'accepts'>): string {
  const plain = 'text/plain'
  return accepts.includes(plain) ? plain : (accepts.find(isTextType) ?? plain)
}

/** The first media type that a model accepts. */
export function mainType({ id, accepts }: Acceptance): string {
  const [first] = accepts
  if (first === undefined) throw new MeshError('internal', `[${id}] accepts nothing`)
  return first
}
