import type { Context } from 'hono'

import type { RouterApp } from '../env.ts'
import type { RegistrySource } from './registry.ts'
import { RegistryReader } from './registry-reader.ts'
import type { Snapshot } from './snapshot.ts'

/** The snapshot a request is answered from. */
export function snapshotOf(c: Context<RouterApp>): Promise<Snapshot> {
  return c.get('registry').current(sourceOf(c), behind(c))
}

/** The snapshot once more, looked at again in case what the first one lacked was just registered. */
export function recheckedSnapshotOf(c: Context<RouterApp>): Promise<Snapshot> {
  return c.get('registry').recheck(sourceOf(c), behind(c))
}

/** What is stored now: a change is checked against it. */
export function latestSnapshotOf(c: Context<RouterApp>): Promise<Snapshot> {
  return c.get('registry').latest(sourceOf(c))
}

/** Opens the registry where it is read, which few requests do. */
function sourceOf({ env }: Context<RouterApp>): RegistrySource {
  return {
    readVersion: () => new RegistryReader(env).readVersion(),
    readSnapshot: (known) => new RegistryReader(env).readSnapshot(known),
    readLeases: (after) => new RegistryReader(env).readLeases(after),
  }
}

function behind(c: Context<RouterApp>): (work: Promise<unknown>) => void {
  return (work) => c.executionCtx.waitUntil(work)
}
