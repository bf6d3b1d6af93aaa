import type { Example } from '#shared/manifest.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { fetchSource } from '../build/fetch-source.ts'

export interface ExampleInput {
  mediaType: string
  bytes: Uint8Array
}

/** The bytes of a golden example; those of a package are fetched and verified like a model's source. */
export async function exampleInput(
  example: Example,
  { id, path, manifest }: ModelFolder,
  cacheDir: string,
): Promise<ExampleInput> {
  if ('text' in example.input) {
    const [mediaType = 'text/plain'] = manifest.accepts
    return { mediaType, bytes: new TextEncoder().encode(example.input.text) }
  }
  const { file, mediaType } = example.input
  const bytes = await fetchSource(file, { modelId: id, modelDir: path, cacheDir, log: () => {} })
  return { mediaType, bytes }
}
