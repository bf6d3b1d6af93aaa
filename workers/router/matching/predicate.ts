import type { ErrorCode } from '#shared/error-codes.ts'

import type { Needs } from './needs.ts'

/**
 * One question that a request puts to what could serve it. Questions are asked in a fixed order, and the
 * first that fails is told as the reason.
 */
export interface Predicate<Subject> {
  name: string
  /** What is answered when nothing is left after it. */
  code: ErrorCode
  /** Why the subject can't serve the request; undefined when it can. */
  fails(needs: Needs, subject: Subject): string | undefined
}
