import type { MiddlewareHandler } from 'hono'

import { DEADLINE_HEADER, DEFAULT_DEADLINE_MS } from '../protocol.ts'

/** How long a 503 is kept back that doesn't say when to come again. */
const PAUSE_SECONDS = 1

/**
 * Holds a 503 back for as long as the caller should wait, within its deadline: @huggingface/inference sends
 * the same request again the moment it gets one, without end and without reading `retry-after`.
 */
export const paceRetries: MiddlewareHandler = async function paceRetry(c, next) {
  const started = Date.now()
  await next()
  if (c.res.status !== 503) return
  const pause = Number(c.res.headers.get('retry-after') ?? PAUSE_SECONDS) * 1_000
  const patience = Number(c.req.header(DEADLINE_HEADER) ?? DEFAULT_DEADLINE_MS)
  const wait = Math.min(pause, patience - (Date.now() - started))
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
}
