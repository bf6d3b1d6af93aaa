import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { candidate } from '../registry/registry-fixture.ts'
import type { Candidate } from '../registry/snapshot.ts'
import { arrangeVersions } from './arrange-versions.ts'
import type { Rollout } from './rollout.ts'
import { rollout } from './rollout-fixture.ts'
import { partsOf } from './version-parts.ts'

/** Deployments named `version/node` of the model tone, or `model@version/node`, with the parts that the rollouts give. */
function ranked(names: readonly string[], rollouts: readonly Rollout[]): Candidate[] {
  const parts = partsOf(rollouts)
  return names.map((name) => {
    const [of = '', node = ''] = name.split('/')
    const [modelId = '', version = ''] = of.includes('@') ? of.split('@') : ['tone', of]
    const part = modelId === 'tone' ? parts.get(version) : undefined
    return { ...candidate({ modelId, version, node, id: name }), ...(part ? { part } : {}) }
  })
}

function arranged(names: readonly string[], rollouts: readonly Rollout[], takes: boolean) {
  const order = arrangeVersions(
    ranked(names, rollouts),
    (own) => own,
    () => takes,
  )
  return order.map(({ id }) => id)
}

const canary = [rollout()]

test('the candidate goes before its stable version for who takes it, and right after it for others', () => {
  const names = ['mood@1/x', '1/a', '1/b', 'mood@1/y', '2/c', '2/d']
  expect(arranged(names, canary, true)).toEqual([
    'mood@1/x',
    '2/c',
    '2/d',
    '1/a',
    '1/b',
    'mood@1/y',
  ])
  expect(arranged(names, canary, false)).toEqual([
    'mood@1/x',
    '1/a',
    '1/b',
    '2/c',
    '2/d',
    'mood@1/y',
  ])
})

test('a candidate that ranks better than its stable version draws no request from other models', () => {
  const names = ['2/c', 'mood@1/x', '1/a']
  expect(arranged(names, canary, true)).toEqual(['mood@1/x', '2/c', '1/a'])
  expect(arranged(names, canary, false)).toEqual(['mood@1/x', '1/a', '2/c'])
})

test('where the stable version cannot serve, the candidate is the last resort of who does not take it', () => {
  expect(arranged(['2/c', 'mood@1/x'], canary, true)).toEqual(['2/c', 'mood@1/x'])
  expect(arranged(['2/c', 'mood@1/x'], canary, false)).toEqual(['mood@1/x', '2/c'])
})

test('a superseded version comes after its successor, which waits for nobody', () => {
  const promoted = [rollout({ state: 'promoted' })]
  expect(arranged(['1/a', 'mood@1/x', '2/c'], promoted, false)).toEqual(['mood@1/x', '2/c', '1/a'])
  expect(arranged(['1/a', 'mood@1/x'], promoted, false)).toEqual(['1/a', 'mood@1/x'])
})

test('versions that followed one another stand latest first', () => {
  const history = [
    rollout({ state: 'promoted' }),
    rollout({ id: 'run-2', stable: '2', candidate: '3', state: 'promoted', startedAt: 2_000 }),
    rollout({ id: 'run-3', stable: '3', candidate: '4', startedAt: 3_000 }),
  ]
  const names = ['1/a', '2/b', '3/c', '4/d']
  expect(arranged(names, history, true)).toEqual(['4/d', '3/c', '2/b', '1/a'])
  expect(arranged(names, history, false)[0]).toBe('3/c')
})

test('nobody is lost, and other models keep their order', () => {
  const names = fc.uniqueArray(
    fc.constantFrom('1/a', '1/b', '2/c', '2/d', '3/e', 'mood@1/x', 'mood@2/y'),
  )
  fc.assert(
    fc.property(
      names,
      fc.boolean(),
      fc.constantFrom('running', 'promoted'),
      (given, takes, state) => {
        const order = arranged(given, [rollout({ state })], takes)
        expect(order.toSorted()).toEqual(given.toSorted())
        const others = (all: readonly string[]) => all.filter((id) => !/^[12]\//.test(id))
        expect(others(order)).toEqual(others(given))
      },
    ),
  )
})
