import type { z } from 'zod'

import { describeIssues } from '../describe-issues.ts'
import { parseJson } from '../json.ts'
import { MeshError } from '../mesh-error.ts'
import { INFERENCE_HEADER } from '../protocol.ts'
import { parseExactJson } from './exact-json.ts'
import { InferLengths, InferRequest } from './infer-request.ts'
import { jsonBytesOf } from './json-bytes.ts'
import { readContent } from './read-content.ts'

/** An inference as it came: its JSON, and the bytes of the tensors that followed it. */
export interface InferCall {
  /** Absent where the whole body is the only tensor. */
  request: InferRequest | undefined
  /** What `request` was read from. */
  json: Uint8Array
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
  const jsonBytes = jsonBytesOf(request.headers, who)
  if (jsonBytes === undefined) {
    const body = await readContent(request, limit, who)
    return { request: parseInferRequest(body, who), json: body, binary: new Uint8Array(0) }
  }
  // the first tensor, usually the only one, is then a view of the body
  const body = await readContent(request, limit, who, jsonBytes)
  if (jsonBytes > body.byteLength) {
    throw new MeshError(
      'invalid_request',
      `${who} ${INFERENCE_HEADER} is ${jsonBytes}; the body has ${body.byteLength} bytes`,
    )
  }
  const json = body.subarray(0, jsonBytes)
  if (jsonBytes === 0) return { request: undefined, json, binary: body }
  return { request: parseInferRequest(json, who), json, binary: body.subarray(jsonBytes) }
}

/** The same JSON with its 64-bit integers exact. */
export function parseExactInferRequest(json: Uint8Array, who: string): InferRequest {
  return checkInferRequest(parseExactJson(json), who)
}

function parseInferRequest(json: Uint8Array, who: string): InferRequest {
  const value = parseJson(json, `${who} the body`)
  const lengths = InferLengths.safeParse(value)
  if (!lengths.success) throw malformed(lengths.error, who)
  return checkInferRequest(value, who)
}

function checkInferRequest(value: unknown, who: string): InferRequest {
  const parsed = InferRequest.safeParse(value)
  if (parsed.success) return parsed.data
  throw malformed(parsed.error, who)
}

function malformed(error: z.ZodError, who: string): MeshError {
  return new MeshError('invalid_request', `${who} ${describeIssues(error)}`)
}
