import { expect, test } from 'vitest'

import { deployment, modelEntry, rows } from '../registry/registry-fixture.ts'
import { compileSnapshot } from '../registry/snapshot.ts'
import { HealthBoard } from '../resilience/health-board.ts'
import type { Rollout } from '../rollout/rollout.ts'
import { rollout } from '../rollout/rollout-fixture.ts'
import { findEmbedder } from './embed-text.ts'

const capability = 'feature-extraction/english'

function found(rollouts: readonly Partial<Rollout>[], ...versions: string[]): string | undefined {
  const snapshot = compileSnapshot(
    rows({
      models: versions.map((version) => modelEntry({ version, capability })),
      deployments: versions.map((version) => deployment({ version })),
      rollouts: rollouts.map((own) => rollout(own)),
    }),
  )
  return findEmbedder(snapshot, { board: new HealthBoard(), deadlineMs: 1_000 })?.name
}

test('a search embeds with the stable version while another is tried', () => {
  expect(found([{ stable: '1', candidate: '2' }], '1', '2')).toBe('tone@1')
  expect(found([{ stable: '2', candidate: '1' }], '1', '2')).toBe('tone@2')
})

test('a search embeds with the version that was promoted', () => {
  expect(found([{ state: 'promoted' }], '1', '2')).toBe('tone@2')
})

test('a search embeds with the version that was superseded where its successor has no deployment', () => {
  expect(found([{ state: 'promoted' }], '1')).toBe('tone@1')
})

test('a search embeds with the latest of versions that were superseded one after another', () => {
  const first = {
    id: 'run-1',
    stable: '1',
    candidate: '2',
    state: 'promoted',
    startedAt: 1,
  } as const
  const second = {
    id: 'run-2',
    stable: '2',
    candidate: '3',
    state: 'promoted',
    startedAt: 2,
  } as const
  expect(found([first, second], '1', '2', '3')).toBe('tone@3')
  expect(found([first, second], '1', '2')).toBe('tone@2')
})

test('a search never embeds with a version that was rolled back', () => {
  expect(found([{ state: 'rolled_back' }], '1', '2')).toBe('tone@1')
  expect(found([{ state: 'rolled_back' }], '2')).toBeUndefined()
})
