import type { ErrorShape } from '../problem.ts'
import { toProblem } from '../problem.ts'

/**
 * Errors under /v2: a problem that also has `error`, which is all that OIP clients read. The type is
 * exactly `application/json`: kserve's client shows the text of no other.
 */
export const oipError: ErrorShape = (err) => ({
  body: { ...toProblem(err), error: err.message },
  contentType: 'application/json',
})
