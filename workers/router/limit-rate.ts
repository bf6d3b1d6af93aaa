import type { Context } from 'hono'

import { MeshError } from '#shared/mesh-error.ts'

import type { RouterApp } from './env.ts'
import type { ApiKey } from './registry/snapshot.ts'

/** The policy's name in the headers (draft-ietf-httpapi-ratelimit-headers): what is counted are requests of a key. */
const POLICY = '"key"'
const DEFAULT_WINDOW_S = 60

/** Counts an inference of the key. Throws `rate_limited` when there were too many. */
export async function limitRate(c: Context<RouterApp>, { id }: ApiKey): Promise<void> {
  const { RATE_LIMITER, RATE_LIMIT_POLICY } = c.env
  if (!RATE_LIMITER) return
  if (RATE_LIMIT_POLICY !== undefined) {
    c.get('told').set('ratelimit-policy', `${POLICY};${RATE_LIMIT_POLICY}`)
  }
  const { success } = await RATE_LIMITER.limit({ key: id })
  if (success) return
  const window = Number(/w=(\d+)/.exec(RATE_LIMIT_POLICY ?? '')?.[1] ?? DEFAULT_WINDOW_S)
  c.get('told').set('ratelimit', `${POLICY};r=0;t=${window}`)
  throw new MeshError(
    'rate_limited',
    `this API key has made more requests than it may; wait ${window} seconds`,
    { retryAfter: window },
  )
}
