import type { InferOptions, Media } from './client.ts'
import type { Payload } from './send.ts'

/** Characters of one call of String.fromCharCode: its arguments are on the stack. */
const CHUNK = 0x8000

/**
 * Texts go as JSON, so that the model's own text type is assumed; media as they are where their type is
 * known and nothing else needs to be said, else in base64.
 */
export async function taskBody(
  input: string | readonly string[] | Media,
  { parameters, mediaType }: InferOptions,
): Promise<Payload> {
  // as: Array.isArray doesn't narrow readonly arrays away from Media
  if (typeof input === 'string' || Array.isArray(input)) return json(input as string | string[])
  const media = input as Media
  const type = mediaType ?? (media instanceof Blob ? media.type : '')
  if (parameters === undefined && type !== '') {
    return {
      headers: { 'content-type': type },
      body: media instanceof Blob ? media : bytesOf(media),
    }
  }
  return json(base64(bytesOf(media instanceof Blob ? await media.arrayBuffer() : media)))

  function json(inputs: string | string[]): Payload {
    return {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs, parameters }),
    }
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  }
  return btoa(binary)
}
