import type { TaskInput, TaskParameters } from './codec.ts'
import { describeIssues } from './describe-issues.ts'
import { parseJson } from './json.ts'
import type { Manifest } from './manifest.ts'
import { mediaFromBase64 } from './media-from-base64.ts'
import { mediaTypeOf } from './media-type.ts'
import { MeshError } from './mesh-error.ts'
import { TaskRequest } from './protocol.ts'
import { readBody } from './read-body.ts'
import { requireTexts } from './require-texts.ts'
import { sniffMediaType } from './sniff-media-type.ts'
import { tableToCsv } from './table-to-csv.ts'
import type { Table, TaskInputs } from './task-inputs.ts'
import { mainType, takesText, textTypeOf } from './text-type.ts'

export interface TaskCall {
  /** A list where the caller gave one, which is answered by a list. */
  input: TaskInput | readonly TaskInput[]
  parameters: TaskParameters
}

type Acceptance = Pick<Manifest, 'id' | 'accepts' | 'limits'>

/** JSON may escape each byte as \u00xx (6 characters), and adds parameters. */
const JSON_TEXT_OVERHEAD = 6
const JSON_BASE64_OVERHEAD = 4 / 3
const JSON_SLACK_BYTES = 64 * 1024

/** What a body is sent as by clients that don't say what it is: its own first bytes do. */
const UNTOLD = new Set(['', 'application/octet-stream'])

/** Reads a task-level request: `{inputs, parameters?}` as JSON, or raw bytes of a type the model accepts. */
export async function readTaskCall(request: Request, manifest: Acceptance): Promise<TaskCall> {
  const who = `[${manifest.id}]`
  const mediaType = mediaTypeOf(request.headers)
  const { inputBytes } = manifest.limits

  if (mediaType === 'application/json') {
    const overhead = takesText(manifest) ? JSON_TEXT_OVERHEAD : JSON_BASE64_OVERHEAD
    const limit = Math.ceil(inputBytes * overhead) + JSON_SLACK_BYTES
    return fromJson(await readBody(request, limit, who), manifest)
  }
  const untold = UNTOLD.has(mediaType) && !takesText(manifest)
  if (!untold && !manifest.accepts.includes(mediaType)) throw unsupported(mediaType, manifest)
  const bytes = await readBody(request, inputBytes, who)
  if (bytes.byteLength === 0) throw emptyInput(manifest)
  if (!untold) return { input: { mediaType, bytes }, parameters: {} }

  const sniffed = sniffMediaType(bytes)
  if (sniffed === undefined || !manifest.accepts.includes(sniffed)) {
    throw unsupported(sniffed ?? mediaType, manifest)
  }
  return { input: { mediaType: sniffed, bytes }, parameters: {} }
}

function fromJson(body: Uint8Array, manifest: Acceptance): TaskCall {
  const who = `[${manifest.id}]`
  if (body.byteLength === 0) throw emptyInput(manifest)
  const parsed = TaskRequest.safeParse(parseJson(body, `${who} the body`))
  if (!parsed.success) {
    throw new MeshError('invalid_request', `${who} ${describeIssues(parsed.error)}`)
  }
  const { inputs: named, table, parameters, ...beside } = parsed.data
  const inputs = named ?? (table === undefined ? undefined : { data: table })
  if (inputs === undefined || (named !== undefined && table !== undefined)) {
    throw new MeshError('invalid_request', `${who} the body must have \`inputs\``)
  }
  const twice = Object.keys(beside).find((name) => Object.hasOwn(parameters ?? {}, name))
  if (twice !== undefined) {
    throw new MeshError(
      'invalid_request',
      `${who} '${twice.slice(0, 64)}' is beside \`inputs\` and in \`parameters\`; send it once`,
    )
  }
  return { input: toInput(inputs, manifest), parameters: onlySet({ ...beside, ...parameters }) }
}

function toInput(inputs: TaskInputs, manifest: Acceptance): TaskCall['input'] {
  const who = `[${manifest.id}]`
  if (!Array.isArray(inputs)) {
    const input = typeof inputs === 'string' ? decode(inputs, manifest) : csvOf(inputs, manifest)
    if (input.bytes.byteLength === 0) throw emptyInput(manifest)
    requireWithin(input.bytes.byteLength, manifest)
    return input
  }
  if (!takesText(manifest)) {
    throw new MeshError('invalid_input', `${who} it takes one input at a time, not a list`)
  }
  const items = inputs.map((text) => decode(text, manifest))
  requireTexts(
    items.map(({ bytes }) => bytes),
    manifest,
    'inputs',
  )
  return items
}

function requireWithin(byteLength: number, { id, limits }: Acceptance): void {
  if (byteLength <= limits.inputBytes) return
  throw new MeshError(
    'payload_too_large',
    `[${id}] inputs has ${byteLength} bytes; the limit is ${limits.inputBytes}`,
  )
}

function decode(text: string, manifest: Acceptance): TaskInput {
  // what stands in JSON carries no type of its own: codecs go by the media's signature, and text is text
  if (!takesText(manifest)) {
    return {
      mediaType: mainType(manifest),
      bytes: mediaFromBase64(text, `[${manifest.id}] inputs`),
    }
  }
  return { mediaType: textTypeOf(manifest), bytes: new TextEncoder().encode(text) }
}

function csvOf({ data }: Table, manifest: Acceptance): TaskInput {
  const who = `[${manifest.id}]`
  if (!manifest.accepts.includes('text/csv')) {
    throw new MeshError('invalid_input', `${who} it takes ${manifest.accepts.join(', ')}, no table`)
  }
  return { mediaType: 'text/csv', bytes: new TextEncoder().encode(tableToCsv(data, who)) }
}

/** Clients send null for a parameter that their caller left out. */
function onlySet(parameters: TaskParameters): TaskParameters {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null))
}

function unsupported(mediaType: string, { id, accepts }: Acceptance): MeshError {
  return new MeshError(
    'media_type_unsupported',
    `[${id}] does not take ${mediaType || 'a body without a content-type'}; ` +
      `send ${accepts.join(', ')} or application/json`,
  )
}

function emptyInput(manifest: Acceptance): MeshError {
  return new MeshError(
    'invalid_input',
    `[${manifest.id}] the input is empty; send ${manifest.accepts.join(', ')} or JSON {"inputs": …}`,
  )
}
