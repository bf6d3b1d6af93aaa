import type { ErrorShape } from '#shared/problem.ts'

/** JSON-RPC's codes: of a request that can't be one, and of what is ours. */
const INVALID_REQUEST = -32_600
const INTERNAL_ERROR = -32_603

/** An error that answers no message in particular: no key, a foreign origin, a body that is no JSON. */
export const jsonRpcError: ErrorShape = ({ status, message, code, retryable }) => ({
  contentType: 'application/json',
  body: {
    jsonrpc: '2.0',
    id: null,
    error: {
      code: status < 500 ? INVALID_REQUEST : INTERNAL_ERROR,
      message,
      data: { code, retryable },
    },
  },
})
