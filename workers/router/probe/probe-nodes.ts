import { log } from '#shared/log.ts'

import type { Job, JobContext } from '../job.ts'
import { RegistryReader } from '../registry-reader.ts'
import type { Deployment } from '../snapshot.ts'
import { probeDeployment } from './probe-deployment.ts'
import { ProbeStore } from './probe-store.ts'

/** Of one run, in an order that chance makes, so that none is always left out where there are more. */
const MAX_NODES = 200
/** Outgoing connections that a Worker has at once. */
const AT_ONCE = 6
const TIMEOUT_MS = 2_000
/** Loading a model takes longer than saying that one is there. */
const WARM_UP_MS = 10_000
/** So often in a row a node must not be there before it is believed to be gone. */
const TRIES = 3
const BETWEEN_TRIES_MS = 1_000
/** What wasn't asked by then is asked by the next run: they come each minute. */
const RUN_MS = 45_000

/** The deployments of one node, which are there or gone together. */
type NodeDeployments = readonly [Deployment, ...Deployment[]]

/**
 * Asks each node whether it is there, and each new deployment whether it is ready. What is gone is asked last by
 * all isolates until it is back: never not at all, since a probe can be wrong.
 */
export const probeNodes: Job = {
  name: 'probe-nodes',
  async run(context) {
    const { env, state } = context
    const registry = new RegistryReader(env)
    const { deployments } = await state.registry.latest(registry)
    const until = Date.now() + RUN_MS
    const warm: Deployment[] = []
    const gone: Deployment[] = []
    const back: Deployment[] = []

    const work = shuffled([
      ...deployments
        .filter((own) => own.state === 'warming')
        .map((own) => async () => {
          if (await isWarm(own, context)) warm.push(own)
        }),
      ...nodesOf(deployments.filter((own) => own.state === 'ready' && isLive(own, context))).map(
        (node) => async () => {
          const isThere = await isReached(node, context)
          for (const own of node) {
            if (isThere && own.unreachableSince !== null) back.push(own)
            if (!isThere && own.unreachableSince === null) gone.push(own)
          }
        },
      ),
    ])
    await eachInTime(work.slice(0, MAX_NODES), until)

    const store = new ProbeStore(env)
    await store.setReady(warm)
    await store.setUnreachable(gone)
    await store.setReachable(back)
    const changed = { warm: warm.length, gone: gone.length, back: back.length }
    if (warm.length + gone.length + back.length === 0) return
    log.info('probed', changed)
    await state.registry.reload(registry)
  },
}

/** Whose lease is over needs no question: it takes no traffic, and says itself when it is back. */
function isLive(own: Deployment, { state }: JobContext): boolean {
  return state.registry.leases.overSince(own, Date.now()) === undefined
}

async function isWarm(own: Deployment, { env, state }: JobContext): Promise<boolean> {
  const { ready } = await probeDeployment(own, 'model', env, WARM_UP_MS)
  state.observer.metrics.noteProbe('cron', ready)
  return ready
}

async function isReached([own]: NodeDeployments, { env, state }: JobContext): Promise<boolean> {
  for (let tried = 1; ; tried++) {
    const { reached } = await probeDeployment(own, 'node', env, TIMEOUT_MS)
    state.observer.metrics.noteProbe('cron', reached)
    if (reached || tried === TRIES) return reached
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS))
  }
}

/** A server of somebody else's is asked by its model, so each of its targets is one. */
function nodesOf(deployments: readonly Deployment[]): NodeDeployments[] {
  const byPlace = Map.groupBy(deployments, ({ transport, node, target }) =>
    [transport, node, target].join(' '),
  )
  // as: a group has at least one
  return Array.from(byPlace.values()) as [Deployment, ...Deployment[]][]
}

async function eachInTime(work: readonly (() => Promise<void>)[], until: number): Promise<void> {
  const waiting = work.values()
  const workOff = async () => {
    for (const next of waiting) {
      if (Date.now() >= until) return
      await next()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, workOff))
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
