import type { ErrorCode } from '#shared/error-codes.ts'
import { MeshError } from '#shared/mesh-error.ts'

import type { Attempt } from './attempt-record.ts'
import type { DispatchRequest } from './attempt.ts'

/** Nobody answered. Knows what was tried, for the headers as for the problem document. */
export class DispatchError extends MeshError {
  readonly attempts: readonly Attempt[]

  constructor(code: ErrorCode, message: string, attempts: readonly Attempt[]) {
    super(code, message, { retryAfter: 1, extensions: { attempts } })
    this.attempts = attempts
  }
}

/** The reason that all had, `no_deployment` where they differ, `deadline_exceeded` once the time is over. */
export function nobodyAnswered(
  attempts: readonly Attempt[],
  request: Pick<DispatchRequest, 'expiresAt' | 'deadlineMs'>,
): DispatchError {
  if (Date.now() >= request.expiresAt || attempts.at(-1)?.outcome === 'deadline_exceeded') {
    return new DispatchError(
      'deadline_exceeded',
      `no answer within ${request.deadlineMs} ms`,
      attempts,
    )
  }
  const codes = new Set(attempts.map(({ outcome }) => outcome))
  const [first, ...others] = Array.from(codes).filter(
    (outcome) => outcome !== 'ok' && outcome !== 'cancelled',
  )
  return new DispatchError(
    others.length === 0 && first !== undefined ? first : 'no_deployment',
    describeAsked(attempts),
    attempts,
  )
}

/** Each once: those that nobody could reach are asked again. */
function describeAsked(attempts: readonly Attempt[]): string {
  const asked = Array.from(new Set(attempts.map(({ model, node }) => `${model} on ${node}`)))
  return asked.length === 1
    ? `${asked.join()} could not answer, and no other was asked`
    : `none of ${asked.length} deployments could answer`
}
