import type { Context } from 'hono'

import { log } from '#shared/log.ts'

import type { RouterApp } from '../env.ts'
import type { Deployment } from '../registry/snapshot.ts'
import { probeDeployment } from './probe-deployment.ts'
import { ProbeStore } from './probe-store.ts'

/** How long registering waits for the model to load: the largest here takes a second or two. */
const WARM_UP_MS = 10_000
/** What is not ready then is asked again behind the request, for as long as the platform lets work go on there. */
const RETRY_MS = 2_000
const BEHIND_MS = 24_000

/** Asks a new deployment for its model, which loads it. What is missing is told; undefined when nothing is. */
export async function warmUp(c: Context<RouterApp>, own: Deployment): Promise<string | undefined> {
  const { ready, missing } = await probeDeployment(own, 'model', c.env, WARM_UP_MS)
  c.get('observer').metrics.noteProbe('warm-up', ready)
  if (!ready) log.warn('not_ready', { deployment: own.id, message: missing })
  return ready ? undefined : missing
}

/** Goes on asking behind the request; what still isn't ready then is left to the cron trigger. */
export function keepWarming(c: Context<RouterApp>, own: Deployment): void {
  c.executionCtx.waitUntil(
    warmBehind(c, own).catch((err: unknown) => {
      log.warn('warm_up_failed', { deployment: own.id, message: String(err) })
    }),
  )
}

async function warmBehind(c: Context<RouterApp>, own: Deployment): Promise<void> {
  const { env } = c
  const until = Date.now() + BEHIND_MS
  while (Date.now() + RETRY_MS < until) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    const { ready } = await probeDeployment(own, 'model', env, RETRY_MS)
    c.get('observer').metrics.noteProbe('warm-up', ready)
    if (ready) return new ProbeStore(env).setReady([own])
  }
}
