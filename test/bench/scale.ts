import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { parseManifest } from '#shared/manifest.ts'

import manifestJson from '../../workers/models/language-id/manifest.json' with { type: 'json' }
import { requireCandidates, requireOffers } from '../../workers/router/find-candidates.ts'
import { HealthBoard } from '../../workers/router/resilience/health-board.ts'
import {
  compileSnapshot,
  EMPTY_ROWS,
  type Deployment,
  type RegistryRows,
  type Snapshot,
} from '../../workers/router/snapshot.ts'
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
const GROUPS = 20
/** Deployments whose health the router knows. */
const KNOWN = 4_000
const MB = 1024 * 1024

setFlagsFromString('--expose-gc')
// as: that is what the flag exposes, and only in contexts made after it
const collect = runInNewContext('gc') as () => void

/** Matching and ranking one request, and the snapshot they work on, by the number of deployments. */
export function scaleTable(): string[] {
  return [
    '## Scale',
    '',
    `Matching and ranking of one request in the compiled snapshot, each of ${REQUESTS.toLocaleString('en')} timed alone, with ${KNOWN.toLocaleString('en')} deployments' health known; the snapshot's heap after a collection, rows included; compiling it from the rows, and from rows of which one moved. Reach at 100,000: p99 ≤ 100 µs (of the quietest of ${GROUPS} groups), ≤ 64 MB. No request queries D1 or waits for a refresh, but compiling takes the isolate's thread.`,
    '',
    '| deployments | over | p50 µs | p99 µs | snapshot MB | compile ms | refresh ms |',
    '| ---: | --- | ---: | ---: | ---: | ---: | ---: |',
    ...SIZES.flatMap((size) => SHAPES.map((shape) => row(size, shape))),
  ]
}

function row(size: number, { name, capabilities, versions }: (typeof SHAPES)[number]): string {
  collect()
  const before = process.memoryUsage().heapUsed
  const rows = rowsOf(size, capabilities, versions)
  const started = performance.now()
  const snapshot = compileSnapshot(rows)
  const compileMs = performance.now() - started
  collect()
  const heapMb = (process.memoryUsage().heapUsed - before) / MB
  const refreshMs = timeRefresh(rows)
  const times = timeRequests(snapshot, Math.min(capabilities, size))
  return `| ${size.toLocaleString('en')} | ${name} | ${quantile(times, 0.5).toFixed(1)} | ${quietestP99(times).toFixed(1)} | ${heapMb.toFixed(1)} | ${compileMs.toFixed(1)} | ${refreshMs.toFixed(1)} |`
}

function quietestP99(times: readonly number[]): number {
  const size = REQUESTS / GROUPS
  const groups = Array.from({ length: GROUPS }, (_, i) => times.slice(i * size, (i + 1) * size))
  return Math.min(...groups.map((group) => quantile(group, 0.99)))
}

function timeRequests(snapshot: Snapshot, capabilities: number): number[] {
  const board = new HealthBoard()
  for (const own of snapshot.deployments.slice(0, KNOWN)) {
    const health = board.of(own)
    health.answered(health.begin(0), 10)
  }
  const constraints = { deadlineMs: 10_000, placement: 'any' } as const
  const times: number[] = []
  for (let i = -WARM_UP; i < REQUESTS; i++) {
    const name = `text-classification/domain-${(i + WARM_UP) % capabilities}`
    const began = performance.now()
    const offers = requireOffers(snapshot, name, constraints)
    requireCandidates(snapshot, { door: 'task', name, offers, constraints }, board)
    if (i >= 0) times.push((performance.now() - began) * 1_000)
  }
  return times
}

/** As when D1 is read again: every row is a new object, and one says something else. */
function timeRefresh(rows: RegistryRows): number {
  const read = structuredClone(rows)
  const [first, ...others] = read.deployments
  const changed = first ? [{ ...first, weight: first.weight + 1 }, ...others] : others
  const started = performance.now()
  compileSnapshot({ ...read, version: 2, deployments: changed })
  return performance.now() - started
}

function rowsOf(size: number, capabilities: number, versions: number): RegistryRows {
  const manifest = parseManifest(manifestJson, 'bench')
  const models = Array.from({ length: capabilities * versions }, (_, i) => ({
    manifest: {
      ...manifest,
      id: `model-${i % capabilities}`,
      version: String(1 + Math.floor(i / capabilities)),
      capability: `text-classification/domain-${i % capabilities}`,
    },
    artefacts: {},
    createdAt: 0,
  }))
  const deployments = Array.from({ length: size }, (_, i): Deployment => {
    const model = models[i % models.length]?.manifest ?? manifest
    return {
      id: `${model.id}@${model.version}/node-${i}`,
      modelId: model.id,
      version: model.version,
      node: `node-${i}`,
      placement: i % 3 === 0 ? 'native' : 'edge',
      transport: 'http',
      target: `https://node-${i}.example.org`,
      weight: 1 + (i % 5),
      state: 'ready',
      stateSince: null,
      removeAt: null,
      region: null,
      cost: null,
      owner: null,
      leaseSeconds: null,
      unreachableSince: null,
    }
  })
  return { ...EMPTY_ROWS, version: 1, models, deployments }
}
