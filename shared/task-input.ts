import { z } from 'zod'

import { decodeBase64 } from './base64.ts'
import type { TaskInput, TaskParameters } from './codec.ts'
import { parseJson } from './json.ts'
import type { Manifest } from './manifest.ts'
import { MeshError } from './mesh-error.ts'
import { TaskRequest } from './protocol.ts'
import { readBody } from './read-body.ts'

export interface TaskCall {
  input: TaskInput
  parameters: TaskParameters
}

type Acceptance = Pick<Manifest, 'id' | 'accepts' | 'limits'>

/** JSON may escape each byte as \u00xx (6 characters), and adds parameters. */
const JSON_TEXT_OVERHEAD = 6
const JSON_BASE64_OVERHEAD = 4 / 3
const JSON_SLACK_BYTES = 64 * 1024

/** Reads a task-level request: `{inputs, parameters?}` as JSON, or raw bytes of a type the model accepts. */
export async function readTaskCall(request: Request, manifest: Acceptance): Promise<TaskCall> {
  const who = `[${manifest.id}]`
  const mediaType = mediaTypeOf(request)
  const { inputBytes } = manifest.limits

  if (mediaType === 'application/json') {
    const overhead = takesText(manifest) ? JSON_TEXT_OVERHEAD : JSON_BASE64_OVERHEAD
    const limit = Math.ceil(inputBytes * overhead) + JSON_SLACK_BYTES
    return fromJson(await readBody(request, limit, who), manifest)
  }
  if (!manifest.accepts.includes(mediaType)) {
    throw new MeshError(
      'media_type_unsupported',
      `${who} does not take ${mediaType || 'a body without a content-type'}; ` +
        `send ${manifest.accepts.join(', ')} or application/json`,
    )
  }
  const bytes = await readBody(request, inputBytes, who)
  if (bytes.byteLength === 0) throw emptyBody(manifest)
  return { input: { mediaType, bytes }, parameters: {} }
}

function fromJson(body: Uint8Array, manifest: Acceptance): TaskCall {
  const who = `[${manifest.id}]`
  if (body.byteLength === 0) throw emptyBody(manifest)
  const parsed = TaskRequest.safeParse(parseJson(body, `${who} the body`))
  if (!parsed.success) {
    throw new MeshError('invalid_request', `${who} ${z.prettifyError(parsed.error)}`)
  }
  const bytes = takesText(manifest)
    ? new TextEncoder().encode(parsed.data.inputs)
    : mediaFromBase64(parsed.data.inputs, who)
  if (bytes.byteLength === 0) throw emptyBody(manifest)
  if (bytes.byteLength > manifest.limits.inputBytes) {
    throw new MeshError(
      'payload_too_large',
      `${who} inputs has ${bytes.byteLength} bytes; the limit is ${manifest.limits.inputBytes}`,
    )
  }
  // media in JSON carries no type of its own: codecs go by the bytes' signature
  return {
    input: { mediaType: mainType(manifest), bytes },
    parameters: parsed.data.parameters ?? {},
  }
}

function emptyBody(manifest: Acceptance): MeshError {
  return new MeshError(
    'invalid_input',
    `[${manifest.id}] the input is empty; send ${manifest.accepts.join(', ')} or JSON {"inputs": …}`,
  )
}

function mediaFromBase64(text: string, who: string): Uint8Array {
  const data = text.startsWith('data:') ? text.slice(text.indexOf(',') + 1) : text
  try {
    return decodeBase64(data)
  } catch (err) {
    throw new MeshError('invalid_input', `${who} inputs must be the media in base64`, {
      cause: err,
    })
  }
}

/** Whether `inputs` of a JSON body is the text itself; of other models it is base64. */
export function takesText(manifest: Pick<Manifest, 'id' | 'accepts'>): boolean {
  return mainType(manifest).startsWith('text/') || mainType(manifest) === 'message/rfc822'
}

function mainType(manifest: Pick<Manifest, 'id' | 'accepts'>): string {
  const [first] = manifest.accepts
  if (first === undefined) throw new MeshError('internal', `[${manifest.id}] accepts nothing`)
  return first
}

function mediaTypeOf(request: Request): string {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';')
  return type.trim().toLowerCase()
}
