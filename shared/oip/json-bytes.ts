import type { ErrorCode } from '../error-codes.ts'
import { MeshError } from '../mesh-error.ts'
import { INFERENCE_HEADER } from '../protocol.ts'

/**
 * How many bytes of JSON are in front of the tensors, as the header says; undefined where there is none.
 *
 * @param code of the error that is thrown when it is no number
 */
export function jsonBytesOf(
  headers: Headers,
  who: string,
  code: ErrorCode = 'invalid_request',
): number | undefined {
  const declared = headers.get(INFERENCE_HEADER)
  if (declared === null) return undefined
  if (/^\d{1,10}$/.test(declared)) return Number(declared)
  throw new MeshError(
    code,
    `${who} ${INFERENCE_HEADER} is '${declared.slice(0, 32)}'; it must be the bytes of JSON before the tensors`,
  )
}
