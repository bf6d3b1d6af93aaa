import { encodeBase64 } from './base64.ts'
import type { Example, Manifest } from './manifest.ts'
import { takesText } from './text-type.ts'

/** What is posted to a node's or the router's task-level door. */
export interface ExampleRequest {
  headers: { 'content-type': string }
  body: Uint8Array<ArrayBuffer> | string
}

/** A golden example as it is posted: its bytes, or JSON with `inputs` and `parameters` where it has any. */
export function exampleRequest(
  { parameters }: Example,
  manifest: Pick<Manifest, 'id' | 'accepts'>,
  { mediaType, bytes }: { mediaType: string; bytes: Uint8Array },
): ExampleRequest {
  if (parameters === undefined) {
    return { headers: { 'content-type': mediaType }, body: new Uint8Array(bytes) }
  }
  const inputs = takesText(manifest) ? new TextDecoder().decode(bytes) : encodeBase64(bytes)
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs, parameters }),
  }
}
