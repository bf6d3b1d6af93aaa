/** What very large registries cost: a choice, the snapshot, reading it and what changed. `npm run bench:scale` */
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { requireCandidates, requireOffers } from '../../workers/router/find-candidates.ts'
import { RegistryReader } from '../../workers/router/registry/registry-reader.ts'
import { HealthBoard } from '../../workers/router/resilience/health-board.ts'
import type { Deployment, Snapshot } from '../../workers/router/registry/snapshot.ts'
import { machineLine, writeSection } from './benchmarks-page.ts'
import { fillRegistry } from './fill-registry.ts'
import { longestBlock, type Watched } from './longest-block.ts'
import { ThreadedD1 } from './threaded-d1.ts'
import { quantile } from './timing.ts'

const SIZES = [100, 10_000, 100_000]
/** Capabilities that the deployments are spread over, and versions of models of each. */
const SHAPES = [
  { name: '100 capabilities', capabilities: 100, versions: 1 },
  { name: 'one capability', capabilities: 1, versions: 1 },
  { name: '100 capabilities, 1,000 versions', capabilities: 100, versions: 10 },
]
const WARM_UP = 2_000
const REQUESTS = 20_000
/** The p99 is that of the quietest of so many groups: on a machine that others use, the rest tells of them. */
const GROUPS = 100
/** Deployments whose health the router knows. */
const KNOWN = 4_000
const LOADS = 3
const REFRESHES = 15
const MB = 1024 * 1024

setFlagsFromString('--expose-gc')
// as: that is what the flag exposes, and only in contexts made after it
const collect = runInNewContext('gc') as () => void

const count = (n: number) => n.toLocaleString('en')
const rows: string[] = []
for (const size of SIZES) {
  for (const shape of SHAPES) rows.push(await row(size, shape))
}
const text = [
  '## Scale',
  '',
  machineLine('npm run bench:scale'),
  `Matching and ranking of one request in the snapshot, each of ${count(REQUESTS)} timed alone, with ${count(KNOWN)} deployments' health known; the snapshot's heap after a collection. Reach at 100,000: p99 ≤ 100 µs (of the quietest of ${GROUPS} groups), ≤ 64 MB, and no request waits for a refresh.`,
  `Load: reading all tables, ${LOADS} times. Refresh: reading one changed deployment, ${REFRESHES} times. Medians, with SQLite in another thread in D1's place. Blocked: the longest that the isolate's thread computed in one go meanwhile, a request at every turn of the event loop included; of its own CPU time, which the kernel may count in steps of 4 ms. Idle: the same of the requests alone.`,
  '',
  '| deployments | over | p50 µs | p99 µs | snapshot MB | load ms | blocked ms | refresh ms | blocked ms | idle ms |',
  '| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ...rows,
].join('\n')
await writeSection('bench:scale', text)
console.log(text)

async function row(size: number, { name, ...spread }: (typeof SHAPES)[number]): Promise<string> {
  const d1 = new ThreadedD1()
  await fillRegistry(d1, { deployments: size, ...spread })
  const reader = new RegistryReader({ DB: d1.binding })
  collect()
  const before = process.memoryUsage().heapUsed
  let snapshot = await reader.readSnapshot()
  collect()
  const heapMb = (process.memoryUsage().heapUsed - before) / MB
  const request = requester(Array.from(snapshot.capabilities.keys()), snapshot.deployments)
  const times = timeRequests(() => request(snapshot))

  const watch = (work: () => Promise<unknown>) => longestBlock(work, () => request(snapshot))
  const loads: Watched[] = []
  for (let i = 0; i < LOADS; i++) loads.push(await watch(() => reader.readSnapshot()))
  const refreshes: Watched[] = []
  const idles: Watched[] = []
  for (let i = 0; i < REFRESHES; i++) {
    const changed = snapshot.deployments[Math.floor((i / REFRESHES) * size)]?.id
    await d1.binding
      .prepare('UPDATE deployments SET weight = weight + 1 WHERE id = ?')
      .bind(changed)
      .run()
    const refreshed = await watch(async () => {
      snapshot = await reader.readSnapshot(snapshot)
    })
    refreshes.push(refreshed)
    idles.push(await watch(() => setTimeout(refreshed.ms)))
  }
  await d1.stop()
  const median = (all: readonly Watched[], figure: keyof Watched) =>
    quantile(
      all.map((own) => own[figure]),
      0.5,
    ).toFixed(1)
  return [
    `| ${count(size)} | ${name}`,
    quantile(times, 0.5).toFixed(1),
    quietestP99(times).toFixed(1),
    heapMb.toFixed(1),
    median(loads, 'ms'),
    median(loads, 'blockedMs'),
    median(refreshes, 'ms'),
    median(refreshes, 'blockedMs'),
    `${median(idles, 'blockedMs')} |`,
  ].join(' | ')
}

function quietestP99(times: readonly number[]): number {
  const size = REQUESTS / GROUPS
  const groups = Array.from({ length: GROUPS }, (_, i) => times.slice(i * size, (i + 1) * size))
  return Math.min(...groups.map((group) => quantile(group, 0.99)))
}

/** Finds whom to ask for one request after the other, each for the next capability. */
function requester(
  names: readonly string[],
  deployments: readonly Deployment[],
): (snapshot: Snapshot) => void {
  const board = new HealthBoard()
  for (const own of deployments.slice(0, KNOWN)) {
    const health = board.of(own)
    health.answered(health.begin(0), 10)
  }
  const constraints = { deadlineMs: 10_000, placement: 'any' } as const
  let made = 0
  return (snapshot) => {
    const name = names[made++ % names.length] ?? ''
    const offers = requireOffers(snapshot, name, constraints)
    requireCandidates(snapshot, { door: 'task', name, offers, constraints, key: 'bench' }, board)
  }
}

/** In µs. */
function timeRequests(request: () => void): number[] {
  const times: number[] = []
  for (let i = -WARM_UP; i < REQUESTS; i++) {
    const began = performance.now()
    request()
    if (i >= 0) times.push((performance.now() - began) * 1_000)
  }
  return times
}
