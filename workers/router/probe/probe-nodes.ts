import { log } from '#shared/log.ts'

import type { Job, JobContext } from '../jobs/job.ts'
import { RegistryReader } from '../registry/registry-reader.ts'
import type { Deployment } from '../registry/snapshot.ts'
import type { Readiness } from '../transport.ts'
import { probeDeployment, type Probed } from './probe-deployment.ts'
import { ProbeStore } from './probe-store.ts'

/** Questions of one run, unless PROBES_PER_RUN says otherwise: the free plan has 50 subrequests, D1's among them. */
const PROBES_PER_RUN = 40
/** Outgoing connections that a Worker has at once. */
const AT_ONCE = 6
const TIMEOUT_MS = 2_000
/** Loading a model takes longer than saying that one is there. */
const WARM_UP_MS = 10_000
/** So often in a row a node must not be there before it is believed to be gone. */
const TRIES = 3
const BETWEEN_TRIES_MS = 1_000
/** What wasn't asked by then is asked by a later run: they come each minute. */
const RUN_MS = 45_000

/** The deployments of one node, which are there or gone together. */
type NodeDeployments = readonly [Deployment, ...Deployment[]]

/** Asks a deployment; undefined when this run may ask no more, which is no verdict. */
type Ask = (own: Deployment, of: Readiness['of'], timeoutMs: number) => Promise<Probed | undefined>

/**
 * Asks each node whether it is there, and each new deployment whether it is ready, in an order that chance makes, so
 * that none is always left out where there are more than one run may ask. What is gone is asked last by all isolates
 * until it is back: never not at all, since a probe can be wrong.
 */
export const probeNodes: Job = {
  name: 'probe-nodes',
  async run(context) {
    const { env, state } = context
    const registry = new RegistryReader(env)
    const { deployments } = await state.registry.latest(registry)
    const ask = createAsk(context)
    const warm: Deployment[] = []
    const gone: Deployment[] = []
    const back: Deployment[] = []

    const warming = deployments.filter((own) => own.state === 'warming')
    const nodes = nodesOf(
      deployments.filter((own) => own.state === 'ready' && isLive(own, context)),
    )
    const work = [
      ...warming.map((own) => async () => {
        const probed = await ask(own, 'model', WARM_UP_MS)
        if (probed?.ready) warm.push(own)
      }),
      ...nodes.map((node) => async () => {
        const isThere = await isReached(node, ask)
        if (isThere === undefined) return
        for (const own of node) {
          if (isThere && own.unreachableSince !== null) back.push(own)
          if (!isThere && own.unreachableSince === null) gone.push(own)
        }
      }),
    ]
    await eachAtOnce(shuffled(work))

    const store = new ProbeStore(env)
    await store.setReady(warm)
    await store.setUnreachable(gone)
    await store.setReachable(back)
    if (warm.length + gone.length + back.length === 0) return
    log.info('probed', { warm: warm.length, gone: gone.length, back: back.length })
    await state.registry.reload(registry)
  },
}

function createAsk({ env, state }: JobContext): Ask {
  const until = Date.now() + RUN_MS
  let left = Number(env.PROBES_PER_RUN ?? PROBES_PER_RUN)
  return async (own, of, timeoutMs) => {
    // what is no number allows none
    if (!(left > 0) || Date.now() >= until) return undefined
    left--
    const probed = await probeDeployment(own, of, env, timeoutMs)
    const isWell = of === 'model' ? probed.ready : probed.reached
    state.observer.metrics.noteProbe('cron', isWell)
    return probed
  }
}

/** Whose lease is over needs no question: it takes no traffic, and says itself when it is back. */
function isLive(own: Deployment, { state }: JobContext): boolean {
  return state.registry.leases.overSince(own, Date.now()) === undefined
}

async function isReached([own]: NodeDeployments, ask: Ask): Promise<boolean | undefined> {
  for (let tried = 1; ; tried++) {
    const probed = await ask(own, 'node', TIMEOUT_MS)
    if (!probed || probed.reached || tried === TRIES) return probed?.reached
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

async function eachAtOnce(work: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = work.values()
  const workOff = async () => {
    for (const next of waiting) await next()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, workOff))
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
