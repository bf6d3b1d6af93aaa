import type { ErrorShape } from '#shared/problem.ts'

const CODES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** Errors as Agentic Resource Discovery writes them, with our own stable code beside. */
export const ardError: ErrorShape = ({ status, message, code, retryable }) => ({
  contentType: 'application/json',
  body: { errorCode: CODES[status] ?? 'INTERNAL', message, code, retryable },
})
