import { describe, expect, test } from 'vitest'

import { answeringVersions } from './answering-versions.ts'
import { deployment, modelEntry, rows } from '../registry/registry-fixture.ts'
import { HealthBoard } from '../resilience/health-board.ts'
import { requireTensorCandidates, requireVersions } from './require-tensor-candidates.ts'
import { compileSnapshot, type Snapshot } from '../registry/snapshot.ts'

const free = { deadlineMs: 1, placement: 'any' } as const
const snapshot = compileSnapshot(
  rows({
    models: [modelEntry(), modelEntry({ version: '2' }), modelEntry({ id: 'mood' })],
    deployments: [
      deployment(),
      deployment({ version: '2', node: 'two', placement: 'native' }),
      deployment({ id: 'theirs', node: 'theirs', transport: 'oip', placement: 'native' }),
      deployment({ id: 'off', node: 'off', state: 'disabled' }),
      deployment({ id: 'none', node: 'none', weight: 0 }),
    ],
  }),
)
const nodesOf = (version?: string, constraints = {}) =>
  requireTensorCandidates(
    snapshot,
    { name: 'tone', inPath: version, constraints: { ...free, ...constraints }, key: 'key' },
    new HealthBoard(),
  )
    .map(({ node }) => node)
    .toSorted()

describe('the candidates for tensors', () => {
  test('are all that are ready, of any version of the same tensors, on our nodes and on others', () => {
    expect(nodesOf()).toEqual(['mesh-tone', 'theirs', 'two'])
  })

  test('are those of the version asked for, by path or header', () => {
    expect(nodesOf('2')).toEqual(['two'])
    expect(nodesOf(undefined, { model: 'tone', version: '1' })).toEqual(['mesh-tone', 'theirs'])
    expect(nodesOf('1', { model: 'tone' })).toEqual(['mesh-tone', 'theirs'])
  })

  test('are where the caller wants them', () => {
    expect(nodesOf(undefined, { placement: 'edge' })).toEqual(['mesh-tone'])
    expect(() => nodesOf('2', { placement: 'edge' })).toThrow(
      'no deployment of tone can take this: tone@2 on two: it is native, and edge is asked for',
    )
  })

  test.each([
    ['a header of another model', '1', { model: 'mood' }],
    ['a header of another version', '1', { model: 'tone', version: '2' }],
  ])('are none for %s', (_, version, constraints) => {
    expect(() => nodesOf(version, constraints)).toThrow('the header mesh-model says')
  })

  test('are none for a model that nothing has', () => {
    expect(() =>
      requireTensorCandidates(
        snapshot,
        { name: 'mood', inPath: undefined, constraints: free, key: 'key' },
        new HealthBoard(),
      ),
    ).toThrow('mood is known, but nothing that offers it is ready')
  })
})

describe('of versions whose tensors differ', () => {
  const longer = { inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [-1, 9] }] }
  const models = ['1', '10', '2'].map((version) =>
    modelEntry({ version, ...(version === '10' ? longer : {}) }),
  )
  const of = (states: Record<string, 'ready' | 'disabled'>) =>
    compileSnapshot(
      rows({
        models,
        deployments: Object.entries(states).map(([version, state]) =>
          deployment({ version, node: `n${version}`, id: version, state }),
        ),
      }),
    )
  const asked = (known: Snapshot) =>
    requireTensorCandidates(
      known,
      { name: 'tone', inPath: undefined, constraints: free, key: 'key' },
      new HealthBoard(),
    ).map(({ version }) => version)

  test('only those like the newest that is ready are called when none is named', () => {
    const all = of({ 1: 'ready', 2: 'ready', 10: 'ready' })
    expect(asked(all)).toEqual(['10'])
    expect(requireVersions(all, 'tone').map(({ manifest }) => manifest.version)).toEqual([
      '1',
      '2',
      '10',
    ])
    const without = of({ 1: 'ready', 2: 'ready', 10: 'disabled' })
    expect(asked(without).toSorted()).toEqual(['1', '2'])
    expect(answeringVersions(requireVersions(all, 'tone'), () => false)).toEqual([models[1]])
  })

  test('each is called by its name', () => {
    const all = of({ 1: 'ready', 2: 'ready', 10: 'ready' })
    const named = requireTensorCandidates(
      all,
      { name: 'tone', inPath: '2', constraints: free, key: 'key' },
      new HealthBoard(),
    )
    expect(named.map(({ version }) => version)).toEqual(['2'])
  })
})

test('an unknown model is told the nearest, an unknown version those there are', () => {
  expect(() => requireVersions(snapshot, 'tune')).toThrow(
    expect.objectContaining({ code: 'model_unknown', extensions: { nearest: ['tone'] } }),
  )
  expect(() => requireVersions(snapshot, 'tone', '9')).toThrow(
    "tone has no version '9'; there are 1, 2",
  )
  expect(() => requireVersions(snapshot, 'x'.repeat(5_000))).toThrow(/^.{1,200}$/)
})
