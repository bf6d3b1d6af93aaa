/** Rows of a registry for tests: a model named for its capability's domain, deployments as each test needs them. */
import { Manifest } from '#shared/manifest.ts'

import type { MeasurementRow } from '../matching/measured.ts'
import {
  EMPTY_ROWS,
  type Candidate,
  type Deployment,
  type ModelEntry,
  type RegistryRows,
  type Snapshot,
} from './snapshot.ts'
import { SortedMap } from './sorted-map.ts'

export function modelEntry(overrides: Partial<Manifest> = {}): ModelEntry {
  const example = (name: string, text: string) => ({
    name,
    input: { text },
    expected: [{ label: 'good', score: 1 }],
    tolerance: 0.01,
  })
  const manifest = Manifest.parse({
    id: 'tone',
    version: '1',
    title: 'Tone',
    description: 'Tells the tone of a sentence.',
    capability: 'text-classification/tone',
    license: { spdx: 'Apache-2.0', attribution: 'nobody' },
    source: {
      type: 'files',
      graphs: { model: { type: 'file', path: 'model.onnx', sha256: 'a'.repeat(64) } },
    },
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
    accepts: ['text/plain'],
    limits: { inputBytes: 1_000, tensorElements: 1_000 },
    placement: ['edge', 'native'],
    examples: [example('one', "it's fine"), example('two', 'bad'), example('three', 'so so')],
    ...overrides,
  })
  return { manifest, artefacts: {}, createdAt: 0 }
}

export function deployment(overrides: Partial<Deployment> = {}): Deployment {
  const { modelId = 'tone', version = '1', node = 'mesh-tone' } = overrides
  return {
    id: `${modelId}@${version}/${node}`,
    modelId,
    version,
    node,
    placement: 'edge',
    transport: 'binding',
    target: 'TONE',
    weight: 1,
    state: 'ready',
    stateSince: null,
    removeAt: null,
    region: null,
    cost: null,
    owner: null,
    leaseSeconds: null,
    unreachableSince: null,
    ...overrides,
  }
}

export function measurement(overrides: Partial<MeasurementRow> = {}): MeasurementRow {
  return {
    deploymentId: 'tone@1/mesh-tone',
    metric: 'accuracy',
    value: 0.9,
    measuredAt: Date.now(),
    samples: null,
    source: 'reported',
    ...overrides,
  }
}

/** A deployment as the compiled snapshot offers it: of a model that answers JSON unless a test says otherwise. */
export function candidate(overrides: Partial<Candidate> = {}): Candidate {
  const {
    produces = ['application/json'],
    cacheAs = 'tone 1',
    capability = 'text-classification/tone',
    ...own
  } = overrides
  return { ...deployment(own), produces, cacheAs, capability }
}

export function rows(overrides: Partial<RegistryRows> = {}): RegistryRows {
  return {
    ...EMPTY_ROWS,
    version: 1,
    models: [modelEntry()],
    deployments: [deployment()],
    ...overrides,
  }
}

/** Everything that is in a snapshot, to be compared: a map as its entries in their order. */
export function contentOf(snapshot: Snapshot): unknown {
  return Object.fromEntries(
    Object.entries(snapshot).map(([name, part]) => [
      name,
      part instanceof SortedMap ? Array.from(part) : part,
    ]),
  )
}
