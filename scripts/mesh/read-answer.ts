import { FileMediaType, MediaAnswer } from '#shared/media-answer.ts'

/** The answer of a node or of the router as its codec gave it: a file as MediaAnswer, all else as JSON. */
export async function readAnswer(response: Response): Promise<unknown> {
  const { data: mediaType } = FileMediaType.safeParse(response.headers.get('content-type'))
  if (mediaType === undefined) return response.json()
  return new MediaAnswer(mediaType, new Uint8Array(await response.arrayBuffer()))
}
