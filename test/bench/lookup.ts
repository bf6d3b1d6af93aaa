import { parseManifest } from '#shared/manifest.ts'

import manifestJson from '../../workers/models/language-id/manifest.json' with { type: 'json' }
import { requireCandidates, requireOffers } from '../../workers/router/find-candidates.ts'
import { HealthBoard } from '../../workers/router/resilience/health-board.ts'
import { compileSnapshot, type Deployment } from '../../workers/router/snapshot.ts'
import { quantile } from './timing.ts'

const SIZES = [10, 1_000, 100_000]
const LOOKUPS = 20_000
/** Lookups timed together: one takes less than the clock can tell. */
const BATCH = 100

/** Choosing the candidates of a request from the snapshot, by the number of deployments in it. */
export function lookupTable(): string[] {
  return [
    '## Registry lookup',
    '',
    `Choosing the candidates of one request in the compiled snapshot, spread over 100 capabilities, and all on one; median of batches of ${BATCH}, µs. Reach: ≤ 50 at 100,000. No request queries D1.`,
    '',
    '| deployments | 100 capabilities | one capability |',
    '| ---: | ---: | ---: |',
    ...SIZES.map(
      (size) =>
        `| ${size.toLocaleString('en')} | ${lookupMicros(size, 100).toFixed(2)} | ${lookupMicros(size, 1).toFixed(2)} |`,
    ),
  ]
}

function lookupMicros(size: number, spread: number): number {
  const manifest = parseManifest(manifestJson, 'bench')
  const models = Array.from({ length: spread }, (_, i) => ({
    manifest: { ...manifest, id: `model-${i}`, capability: `text-classification/domain-${i}` },
    artefacts: {},
    createdAt: 0,
  }))
  const deployments = Array.from({ length: size }, (_, i): Deployment => ({
    id: `d${i}`,
    modelId: `model-${i % spread}`,
    version: manifest.version,
    node: `node-${i}`,
    placement: i % 3 === 0 ? 'native' : 'edge',
    transport: 'http',
    target: 'https://example.org',
    weight: 1 + (i % 5),
    state: 'ready',
    region: null,
    cost: null,
  }))
  const rows = { version: 1, models, deployments, keys: [], measurements: [] }
  const snapshot = compileSnapshot(rows)
  const board = new HealthBoard()
  const constraints = { deadlineMs: 10_000, placement: 'any' } as const
  const times: number[] = []
  let chosen = 0
  for (let done = 0; done < LOOKUPS; done += BATCH) {
    const started = performance.now()
    for (let i = 0; i < BATCH; i++) {
      const name = `text-classification/domain-${((done + i) % spread) % Math.min(spread, size)}`
      const offers = requireOffers(snapshot, name, constraints)
      const wanted = { door: 'task', name, offers, constraints } as const
      chosen += requireCandidates(snapshot, wanted, board).length
    }
    times.push(((performance.now() - started) * 1_000) / BATCH)
  }
  if (chosen === 0) throw new Error('nothing was chosen')
  return quantile(times, 0.5)
}
