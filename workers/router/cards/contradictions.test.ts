import { expect, test } from 'vitest'

import { measurement, modelEntry } from '../registry/registry-fixture.ts'
import { contradictionsOf } from './contradictions.ts'

const claiming = (metric: string, value: number, more = {}) =>
  modelEntry({ claims: [{ metric, value, on: 'data' }], ...more }).manifest
const by = { source: 'examples' as const }

test.each<[string, ReturnType<typeof claiming>, Parameters<typeof measurement>[0]]>([
  ['is above the claim', claiming('accuracy', 0.9), { value: 0.95 }],
  ['is below it by less than the tolerance', claiming('accuracy', 0.9), { value: 0.885 }],
  // 0.9 a time, two of three happen one time in four
  ['is what chance does to a few', claiming('accuracy', 0.9), { value: 2 / 3, samples: 3 }],
  ['is of another metric', claiming('recall', 0.9), { value: 0.1 }],
  ['has no order of better and worse', claiming('spearman', 0.9), { metric: 'spearman', value: 0 }],
  ['is of a machine half as fast', claiming('latency_ms', 10), { metric: 'latency_ms', value: 20 }],
  ['is of examples that are all right', claiming('accuracy', 1), { ...by, value: 1, samples: 3 }],
  [
    'differs each time, of a model that says so',
    claiming('accuracy', 0.9, { cache: false }),
    { ...by, metric: 'determinism', value: 0.5, samples: 4 },
  ],
])('no contradiction is what %s', (_, manifest, row) => {
  expect(contradictionsOf(manifest, measurement(row))).toEqual([])
})

test.each<[string, ReturnType<typeof claiming>, Parameters<typeof measurement>[0], string]>([
  ['is below the claim', claiming('accuracy', 0.9), { value: 0.87 }, 'accuracy'],
  // at 0.99 a time, two of three happen three times in a hundred
  [
    'is of a few, but unlikely',
    claiming('accuracy', 0.99),
    { value: 2 / 3, samples: 3 },
    'accuracy',
  ],
  ['is of many', claiming('accuracy', 0.9), { value: 0.87, samples: 3_000 }, 'accuracy'],
  ['is less than always', claiming('accuracy', 1), { value: 0.99, samples: 100 }, 'accuracy'],
  [
    'takes twice as long',
    claiming('latency_ms', 10),
    { metric: 'latency_ms', value: 21 },
    'latency_ms',
  ],
  ['is of its own examples', claiming('f1', 1), { ...by, value: 2 / 3, samples: 3 }, 'examples'],
  [
    'differs each time',
    claiming('f1', 1),
    { ...by, metric: 'determinism', value: 0.75, samples: 4 },
    'determinism',
  ],
])('a contradiction is what %s', (_, manifest, row, metric) => {
  expect(contradictionsOf(manifest, measurement(row))).toMatchObject([
    { deployment: 'tone@1/mesh-tone', metric, measured: row?.value },
  ])
})
