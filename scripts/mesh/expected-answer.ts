import { ExpectedMedia, type Example } from '#shared/manifest.ts'
import { MediaAnswer, producedTypes } from '#shared/media-answer.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { BuildError } from '../build/build-error.ts'
import { fetchSource } from '../build/fetch-source.ts'

/** What a golden example must be answered with: JSON as it is written, or the file that it names, verified. */
export async function expectedAnswer(
  { name, expected }: Example,
  { id, path, manifest }: ModelFolder,
  cacheDir: string,
): Promise<unknown> {
  const named = ExpectedMedia.safeParse(expected)
  if (named.success) {
    const { file, mediaType } = named.data.media
    const context = { modelId: id, modelDir: path, cacheDir, log: () => {} }
    return new MediaAnswer(mediaType, new Uint8Array(await fetchSource(file, context)))
  }
  if (producedTypes(manifest).includes('application/json')) return expected
  throw new BuildError(
    `[${id}] the example '${name}' expects no file, but the model answers ${producedTypes(manifest).join(', ')}; ` +
      `record it with \`npm run examples -- ${id}\``,
  )
}
