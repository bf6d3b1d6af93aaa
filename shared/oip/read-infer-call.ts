import { z } from 'zod'

import { parseJson } from '../json.ts'
import { MeshError } from '../mesh-error.ts'
import { INFERENCE_HEADER } from '../protocol.ts'
import { mayBeRounded, parseExactJson } from './exact-json.ts'
import { InferRequest } from './infer-request.ts'
import { readContent } from './read-content.ts'

/** An inference as it came: its JSON, and the bytes of the tensors that followed it. */
export interface InferCall {
  /** Absent where the whole body is the only tensor. */
  request: InferRequest | undefined
  binary: Uint8Array
}

/**
 * Reads the body of an inference, compressed or not. Where the JSON ends is told by its header alone:
 * clients send no content-type, or a wrong one. Throws `invalid_request` and `payload_too_large`.
 *
 * @param limit most bytes of the body after decompression
 */
export async function readInferCall(
  request: Request,
  limit: number,
  who: string,
): Promise<InferCall> {
  const declared = request.headers.get(INFERENCE_HEADER)
  if (declared === null) {
    const body = await readContent(request, limit, who)
    return { request: parseInferRequest(body, who), binary: new Uint8Array(0) }
  }
  const jsonBytes = Number(declared)
  if (!/^\d+$/.test(declared) || !Number.isSafeInteger(jsonBytes)) {
    throw new MeshError(
      'invalid_request',
      `${who} ${INFERENCE_HEADER} is '${declared.slice(0, 32)}'; it must be the bytes of JSON before the tensors`,
    )
  }
  // the first tensor, usually the only one, is then a view of the body
  const body = await readContent(request, limit, who, jsonBytes)
  if (jsonBytes > body.byteLength) {
    throw new MeshError(
      'invalid_request',
      `${who} ${INFERENCE_HEADER} is ${jsonBytes}; the body has ${body.byteLength} bytes`,
    )
  }
  if (jsonBytes === 0) return { request: undefined, binary: body }
  return {
    request: parseInferRequest(body.subarray(0, jsonBytes), who),
    binary: body.subarray(jsonBytes),
  }
}

function parseInferRequest(json: Uint8Array, who: string): InferRequest {
  const request = checkInferRequest(parseJson(json, `${who} the body`), who)
  const rounded = request.inputs.some(
    ({ datatype, data }) => datatype.endsWith('INT64') && data && hasRounded(data),
  )
  return rounded ? checkInferRequest(parseExactJson(json), who) : request
}

function checkInferRequest(value: unknown, who: string): InferRequest {
  const parsed = InferRequest.safeParse(value)
  if (parsed.success) return parsed.data
  throw new MeshError('invalid_request', `${who} ${z.prettifyError(parsed.error)}`)
}

function hasRounded(data: readonly unknown[]): boolean {
  return data.some((value) => (Array.isArray(value) ? hasRounded(value) : mayBeRounded(value)))
}
