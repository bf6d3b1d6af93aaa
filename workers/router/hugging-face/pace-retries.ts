import type { MiddlewareHandler } from 'hono'

/** How long a 503 is kept back; what the mesh tells others in `retry-after`. */
const PAUSE_MS = 1_000

/**
 * Holds a 503 back for as long as the caller should wait: @huggingface/inference sends the same request
 * again the moment it gets one, without end and without reading `retry-after`.
 */
export const paceRetries: MiddlewareHandler = async function paceRetry(c, next) {
  await next()
  if (c.res.status === 503) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}
