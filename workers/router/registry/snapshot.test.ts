import { expect, test } from 'vitest'

import { candidateOf, countServing } from '../matching/offer.ts'
import { deployment, modelEntry, rows } from './registry-fixture.ts'
import { compileSnapshot } from './snapshot.ts'

const TONE = 'text-classification/tone'

test('keeps a capability whose deployments are all out of service', () => {
  const { capabilities, offers } = compileSnapshot(rows({ deployments: [] }))
  expect(capabilities.has(TONE)).toBe(true)
  expect(countServing(offers.get(TONE) ?? [], 'task', () => true)).toBe(0)
})

test('ignores a deployment of a model that is not registered', () => {
  const snapshot = compileSnapshot(rows({ deployments: [deployment({ version: '7' })] }))
  expect(countServing(snapshot.offers.get(TONE) ?? [], 'task', () => true)).toBe(0)
})

test('gathers the versions and models of one capability', () => {
  const snapshot = compileSnapshot(
    rows({
      models: [modelEntry(), modelEntry({ version: '2' }), modelEntry({ id: 'tone-b' })],
      deployments: [
        deployment(),
        deployment({ version: '2', node: 'b' }),
        deployment({ modelId: 'tone-b', node: 'c', placement: 'native' }),
      ],
    }),
  )
  expect(countServing(snapshot.offers.get(TONE) ?? [], 'task', () => true)).toBe(3)
  expect(snapshot.versions.get('tone')).toHaveLength(2)
})

test('offers each deployment with what its own version of the model answers', () => {
  const { offers } = compileSnapshot(
    rows({
      models: [modelEntry(), modelEntry({ version: '2', produces: ['image/png'] })],
      deployments: [deployment(), deployment({ version: '2', node: 'b' })],
    }),
  )
  const offered = (offers.get(TONE) ?? []).flatMap((offer) =>
    offer.pools
      .filter(({ door }) => door === 'task')
      .flatMap(({ list }) => list.items.map((own) => candidateOf(offer, own))),
  )
  expect(offered).toMatchObject([
    { version: '1', produces: ['application/json'] },
    { version: '2', produces: ['image/png'] },
  ])
})

test('finds keys by their hash and does not keep the hash with the key', () => {
  const key = { id: 'k', scopes: ['infer' as const], expiresAt: null, revokedAt: null }
  const { keys } = compileSnapshot(rows({ keys: [{ ...key, hash: 'h' }] }))
  expect(keys.get('h')).toEqual(key)
})

test('looks a capability up in under 50 µs among 100,000 deployments', () => {
  const models = Array.from({ length: 1_000 }, (_, i) => ({
    ...modelEntry({ id: `m${i}`, capability: `task/d${i}` }),
  }))
  const deployments = Array.from({ length: 100_000 }, (_, i) =>
    deployment({ modelId: `m${i % 1_000}`, node: `n${i}` }),
  )
  const { capabilities } = compileSnapshot(rows({ models, deployments }))
  const started = performance.now()
  for (let i = 0; i < 10_000; i++) capabilities.get(`task/d${i % 1_000}`)
  expect((performance.now() - started) / 10).toBeLessThan(50)
})
