import type { Context } from 'hono'

import type { RouterApp } from './env.ts'
import { RegistryReader } from './registry-reader.ts'
import type { Snapshot } from './snapshot.ts'

/** The snapshot a request is answered from. */
export function snapshotOf(c: Context<RouterApp>): Promise<Snapshot> {
  return c.get('registry').current(new RegistryReader(c.env), behind(c))
}

/** The snapshot once more, looked at again in case what the first one lacked was just registered. */
export function recheckedSnapshotOf(c: Context<RouterApp>): Promise<Snapshot> {
  return c.get('registry').recheck(new RegistryReader(c.env), behind(c))
}

/** What is stored now: a change is checked against it. */
export function latestSnapshotOf(c: Context<RouterApp>): Promise<Snapshot> {
  return c.get('registry').latest(new RegistryReader(c.env))
}

function behind(c: Context<RouterApp>): (work: Promise<unknown>) => void {
  return (work) => c.executionCtx.waitUntil(work)
}
