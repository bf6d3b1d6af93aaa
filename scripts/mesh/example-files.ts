import { ExpectedMedia } from '#shared/manifest.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { fetchSource } from '../build/fetch-source.ts'

/** The files that the examples of a model name, by their SHA-256. */
export async function exampleFiles(
  { id, path, manifest }: ModelFolder,
  cacheDir: string,
): Promise<Map<string, Uint8Array>> {
  const named = manifest.examples.flatMap(({ input, expected }) => {
    const media = ExpectedMedia.safeParse(expected).data?.media
    return [...('file' in input ? [input.file] : []), ...(media ? [media.file] : [])]
  })
  const files = new Map<string, Uint8Array>()
  for (const file of named) {
    if (files.has(file.sha256)) continue
    const bytes = await fetchSource(file, { modelId: id, modelDir: path, cacheDir, log: () => {} })
    files.set(file.sha256, bytes)
  }
  return files
}
