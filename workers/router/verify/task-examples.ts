import { exampleRequest } from '#shared/example-request.ts'
import { parseJson } from '#shared/json.ts'
import { ExpectedMedia, type Example, type Manifest } from '#shared/manifest.ts'
import { FileMediaType, MediaAnswer } from '#shared/media-answer.ts'
import { mainType } from '#shared/text-type.ts'

import { task } from '../doors/task.ts'
import type { GoldenExample } from './example-call.ts'

/** The bytes that the examples name by their SHA-256. */
export type ReadExampleFile = (sha256: string) => Promise<Uint8Array<ArrayBuffer>>

/** The examples of a model of this mesh, through its codec. */
export function taskExamples(manifest: Manifest, readFile: ReadExampleFile): GoldenExample[] {
  return manifest.examples.map((example) => ({
    name: example.name,
    async prepare() {
      const { headers, body } = exampleRequest(
        example,
        manifest,
        await inputOf(example, manifest, readFile),
      )
      return {
        door: task,
        headers: { ...headers },
        body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
        expected: await expectedOf(example, readFile),
        tolerance: example.tolerance,
        read: ({ contentType }, bytes) => {
          const { data: mediaType } = FileMediaType.safeParse(contentType)
          return mediaType === undefined
            ? parseJson(bytes, 'its answer')
            : new MediaAnswer(mediaType, bytes)
        },
      }
    },
  }))
}

async function inputOf(
  { input }: Example,
  manifest: Manifest,
  readFile: ReadExampleFile,
): Promise<{ mediaType: string; bytes: Uint8Array }> {
  if ('text' in input) {
    return { mediaType: mainType(manifest), bytes: new TextEncoder().encode(input.text) }
  }
  return { mediaType: input.mediaType, bytes: await readFile(input.file.sha256) }
}

async function expectedOf({ expected }: Example, readFile: ReadExampleFile): Promise<unknown> {
  const named = ExpectedMedia.safeParse(expected)
  if (!named.success) return expected
  const { file, mediaType } = named.data.media
  return new MediaAnswer(mediaType, await readFile(file.sha256))
}
