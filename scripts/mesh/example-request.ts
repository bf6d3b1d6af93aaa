import { exampleRequest as requestOf, type ExampleRequest } from '#shared/example-request.ts'
import type { Example } from '#shared/manifest.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { exampleInput } from './example-input.ts'

/** A golden example of a model folder as it is posted, its file fetched. */
export async function exampleRequest(
  example: Example,
  folder: ModelFolder,
  cacheDir: string,
): Promise<ExampleRequest> {
  return requestOf(example, folder.manifest, await exampleInput(example, folder, cacheDir))
}
