import type { Example } from '#shared/manifest.ts'
import { takesText } from '#shared/text-type.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { exampleInput } from './example-input.ts'

/** What is posted to a node's or the router's task-level door. */
export interface ExampleRequest {
  headers: { 'content-type': string }
  body: Uint8Array<ArrayBuffer> | string
}

/** A golden example as it is posted: its bytes, or JSON with `inputs` and `parameters` where it has any. */
export async function exampleRequest(
  example: Example,
  folder: ModelFolder,
  cacheDir: string,
): Promise<ExampleRequest> {
  const { mediaType, bytes } = await exampleInput(example, folder, cacheDir)
  const { parameters } = example
  if (parameters === undefined) {
    return { headers: { 'content-type': mediaType }, body: new Uint8Array(bytes) }
  }
  const inputs = takesText(folder.manifest)
    ? new TextDecoder().decode(bytes)
    : Buffer.from(bytes).toString('base64')
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs, parameters }),
  }
}
