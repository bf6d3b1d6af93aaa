import { ERROR_CODES, isErrorCode, type ErrorCode } from '#shared/error-codes.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { toProblem, type Problem } from '#shared/problem.ts'

/** What a status means where no code of it is told. Others are `bad_gateway`. */
const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'invalid_request'],
  [404, 'model_unknown'],
  [413, 'payload_too_large'],
  [415, 'media_type_unsupported'],
  [422, 'invalid_input'],
  [429, 'queue_full'],
  [503, 'overloaded'],
  [504, 'deadline_exceeded'],
])

/** No more of another server's words is passed on. */
const MAX_ERROR_CHARS = 1_000

/** Bearer tokens and signatures, as a server that repeats the headers it was sent would tell them. */
const CREDENTIALS = /\b(?:Bearer|Basic)\s+[^\s"',;]{16,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*/gi

/**
 * What another server told of an error, as ours: its sentence, cut and without credentials, and its code where
 * that is one of its status. Nothing else of it is passed on, since callers read all fields as the router's own words.
 */
export function toldProblem(
  status: number,
  { code, detail }: Pick<Problem, 'detail'> & Partial<Pick<Problem, 'code'>>,
): Problem {
  const own = isErrorCode(code) && ERROR_CODES[code].status === status ? code : undefined
  const known = own ?? CODES.get(status) ?? 'bad_gateway'
  const text = Array.from(detail.slice(0, 2 * MAX_ERROR_CHARS).replaceAll(CREDENTIALS, '(hidden)'))
    .slice(0, MAX_ERROR_CHARS)
    .join('')
  return toProblem(new MeshError(known, text === '' ? ERROR_CODES[known].title : text))
}
