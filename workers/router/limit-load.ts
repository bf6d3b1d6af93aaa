import type { Context } from 'hono'

import { declaredLength } from '#shared/declared-length.ts'
import { DEADLINE_HEADER, DEFAULT_DEADLINE_MS } from '#shared/protocol.ts'

import type { RouterApp } from './env.ts'
import { outliveCaller } from './outlive-caller.ts'

/** Does an inference if the isolate has room for one more. Throws `shed` otherwise, before anything is done for it. */
export async function limitLoad<T>(c: Context<RouterApp>, work: () => Promise<T>): Promise<T> {
  const leave = enter(c)
  // what is counted must be uncounted, whatever its caller does
  return outliveCaller(
    c,
    work().finally(() => leave(Date.now())),
  )
}

function enter(c: Context<RouterApp>): (now: number) => void {
  const arrival = {
    address: c.req.path,
    priority: c.req.header('mesh-priority') === 'low' ? 'low' : 'normal',
    bytes: declaredLength(c.req.raw.headers),
    // one that is no number is refused where it is parsed
    deadlineMs: Number(c.req.header(DEADLINE_HEADER) ?? DEFAULT_DEADLINE_MS),
  } as const
  try {
    return c.get('load').enter(arrival, Date.now())
  } catch (err) {
    c.get('observer').metrics.noteShed()
    throw err
  }
}
