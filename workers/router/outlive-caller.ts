import type { Context } from 'hono'

import type { RouterApp } from './env.ts'

/**
 * The work goes on when its caller hangs up. workerd would stop it where it stands, without its `finally`, and the
 * places it has at a deployment, in a line or as the maker of an answer would be taken for ever.
 */
export function outliveCaller<T>(c: Context<RouterApp>, work: Promise<T>): Promise<T> {
  c.executionCtx.waitUntil(work.catch(() => undefined))
  return work
}
