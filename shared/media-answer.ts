import { z } from 'zod'

/**
 * Files that a model may answer with. A closed list, since the router passes a node's content-type on to
 * browsers: nothing in it can run as a page, so there is no HTML and no SVG.
 */
export const FileMediaType = z.enum(['image/png', 'image/jpeg', 'audio/wav'])
export type FileMediaType = z.infer<typeof FileMediaType>

/** Whatever a model may answer with. */
export const AnswerMediaType = z.enum(['application/json', ...FileMediaType.options])
export type AnswerMediaType = z.infer<typeof AnswerMediaType>

/**
 * A codec's answer that is a file, e.g. a picture: sent as these bytes, where any other answer is sent
 * as JSON. A class, so that no JSON answer can be taken for one.
 */
export class MediaAnswer {
  readonly mediaType: FileMediaType
  readonly bytes: Uint8Array<ArrayBuffer>

  constructor(mediaType: FileMediaType, bytes: Uint8Array<ArrayBuffer>) {
    this.mediaType = mediaType
    this.bytes = bytes
  }
}

/** The media types a model answers with, the usual one first; JSON where its manifest names none. */
export function producedTypes({
  produces,
}: {
  produces?: readonly AnswerMediaType[] | undefined
}): readonly AnswerMediaType[] {
  return produces ?? ['application/json']
}

/** What a caller may save an answer as, e.g. `answer.png`; undefined for JSON, which a terminal can show. */
export function answerFile(manifest: Parameters<typeof producedTypes>[0]): string | undefined {
  const [type] = producedTypes(manifest)
  return type === undefined || type === 'application/json'
    ? undefined
    : `answer.${type.slice(type.indexOf('/') + 1)}`
}
