import { describe, expect, test } from 'vitest'

import { deployment, modelEntry, rows } from './registry-fixture.ts'
import { HealthBoard } from './resilience/health-board.ts'
import { requireTensorCandidates, requireVersions } from './require-tensor-candidates.ts'
import { compileSnapshot } from './snapshot.ts'

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
    { name: 'tone', inPath: version, constraints: { ...free, ...constraints } },
    new HealthBoard(),
  )
    .map(({ node }) => node)
    .toSorted()

describe('the candidates for tensors', () => {
  test('are all that are ready, of any version, on our nodes and on others', () => {
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
      'none satisfies placement edge and model tone@2',
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
        { name: 'mood', inPath: undefined, constraints: free },
        new HealthBoard(),
      ),
    ).toThrow('mood is known, but nothing that offers it is ready')
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
