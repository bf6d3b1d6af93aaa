import type { CallToolResult } from '@modelcontextprotocol/server'

import { encodeBase64 } from '#shared/base64.ts'
import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { toProblem } from '#shared/problem.ts'

import type { NodeAnswer } from '../door.ts'
import { wholeAnswer } from '../whole-answer.ts'

/** In base64 inside of JSON an answer is held several times over, so less than the router else passes on. */
const MAX_TOOL_ANSWER_BYTES = 8 * 1024 * 1024

/**
 * A node's answer: JSON as structured content and as text, a picture or sound as itself. Throws `bad_gateway` when it
 * can't be read, or is too large for a tool's result.
 */
export async function toolResult(answer: NodeAnswer, name: string): Promise<CallToolResult> {
  const { contentType } = answer
  const bytes = await readAnswer(answer, name)
  if (contentType !== 'application/json') {
    const type = contentType.startsWith('audio/') ? 'audio' : 'image'
    return { content: [{ type, data: encodeBase64(bytes), mimeType: contentType }] }
  }
  const structured = { answer: parseAnswer(bytes, name) }
  return {
    content: [{ type: 'text', text: JSON.stringify(structured) }],
    structuredContent: structured,
  }
}

async function readAnswer(answer: NodeAnswer, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await wholeAnswer(answer, MAX_TOOL_ANSWER_BYTES, `[${name}] the answer:`)
  } catch (err) {
    // whatever a stream fails with, it is the node's, and not the caller's to mend
    const why = err instanceof MeshError ? err.message : `[${name}] the answer broke off`
    throw new MeshError('bad_gateway', why, { cause: err })
  }
}

function parseAnswer(bytes: Uint8Array, name: string): unknown {
  try {
    return parseJson(bytes, `[${name}] the answer`)
  } catch (err) {
    if (!(err instanceof MeshError)) throw err
    throw new MeshError('bad_gateway', err.message, { cause: err })
  }
}

/** A call that failed: the sentence for the model that made it, the problem for the program around. */
export function toolError(err: MeshError): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text: `${err.code}: ${err.message}` }],
    _meta: { 'capillary/problem': toProblem(err) },
  }
}
