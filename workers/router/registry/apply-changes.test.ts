import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { applyChanges } from './apply-changes.ts'
import { contentOf, deployment, modelEntry, rows } from './registry-fixture.ts'
import type { Rollout } from '../rollout/rollout.ts'
import { rollout } from '../rollout/rollout-fixture.ts'
import {
  compileSnapshot,
  EMPTY_SNAPSHOT,
  versionKey,
  type ApiKey,
  type Deployment,
  type PlacedDeployment,
  type RegisteredModel,
  type RegistryChanges,
} from './snapshot.ts'
import { PENDING } from '../verify/verification.ts'

const IDS = ['tone', 'mood', 'mood-b']
const VERSIONS = ['1', '2', '10', '01']
const version = fc.record({ id: fc.constantFrom(...IDS), version: fc.constantFrom(...VERSIONS) })

const model = fc
  .record({
    own: version,
    capability: fc.constantFrom('text-classification/tone', 'text-classification/mood'),
    digest: fc.constantFrom('a', 'b'),
  })
  .map(({ own, capability, digest }): RegisteredModel => {
    const { manifest } = modelEntry({ ...own, capability })
    return { manifest, artefacts: { 'model.onnx': digest }, createdAt: 0 }
  })

const placed = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    of: version,
    placement: fc.constantFrom('edge' as const, 'native' as const),
    transport: fc.constantFrom('binding' as const, 'http' as const, 'oip' as const),
    weight: fc.constantFrom(0, 1, 2.5),
    state: fc.constantFrom('ready' as const, 'disabled' as const),
    region: fc.constantFrom(null, 'eu'),
    measured: fc.uniqueArray(
      fc.record({
        metric: fc.constantFrom('accuracy', 'latency_ms', 'other'),
        value: fc.constantFrom(0.5, 0.9),
        measuredAt: fc.nat(1_000_000),
        samples: fc.constantFrom(null, 3),
        source: fc.constantFrom('examples' as const, 'reported' as const),
      }),
      { selector: ({ metric, source }) => `${metric} ${source}`, maxLength: 3 },
    ),
    verdict: fc.option(fc.constantFrom('passed' as const, 'failed' as const), { nil: undefined }),
  })
  .map(({ id, of, measured, verdict, ...own }): PlacedDeployment => ({
    deployment: deployment({ ...own, id, modelId: of.id, version: of.version }),
    measurements: measured.map((row) => ({ ...row, deploymentId: id })),
    verification: verdict && { ...PENDING, state: verdict },
  }))

const key = fc.record({
  id: fc.constantFrom('k', 'l'),
  scopes: fc.constant(['infer' as const]),
  expiresAt: fc.constant(null),
  revokedAt: fc.constantFrom(null, 1),
})

const rolledOut = fc
  .record({
    state: fc.constantFrom('running' as const, 'promoted' as const, 'rolled_back' as const),
    share: fc.constantFrom(0, 0.5),
  })
  .map((own) => [rollout(own)])

const changes = fc.record({
  models: fc.array(fc.tuple(model, fc.boolean()), { maxLength: 4 }),
  deployments: fc.array(fc.tuple(placed, fc.boolean()), { maxLength: 6 }),
  keys: fc.array(fc.tuple(fc.constantFrom('h', 'i', 'j'), fc.option(key, { nil: undefined })), {
    maxLength: 2,
  }),
  rollouts: fc.array(fc.tuple(fc.constantFrom(...IDS), fc.option(rolledOut, { nil: undefined })), {
    maxLength: 2,
  }),
})

function changesOf({
  models,
  deployments,
  keys,
  rollouts,
}: typeof changes extends fc.Arbitrary<infer T> ? T : never): RegistryChanges {
  return {
    models: new Map(
      models.map(([own, stays]) => [versionKey(own.manifest), stays ? own : undefined]),
    ),
    deployments: new Map(
      deployments.map(([own, stays]) => [own.deployment.id, stays ? own : undefined]),
    ),
    keys: new Map(keys),
    rollouts: new Map(
      rollouts.map(([modelId, own]) => [
        modelId,
        own?.map((row) => Object.assign(row, { modelId })),
      ]),
    ),
  }
}

function note<T>(stored: Map<string, T>, changed: ReadonlyMap<string, T | undefined>): void {
  for (const [name, row] of changed) {
    if (row === undefined) stored.delete(name)
    else stored.set(name, row)
  }
}

test('after any changes the snapshot is the one that the rows give at once', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), (steps) => {
      const models = new Map<string, RegisteredModel>()
      const deployments = new Map<string, PlacedDeployment>()
      const keys = new Map<string, ApiKey>()
      const rollouts = new Map<string, readonly Rollout[]>()
      let snapshot = EMPTY_SNAPSHOT
      for (const step of steps.map(changesOf)) {
        note(models, step.models)
        note(deployments, step.deployments)
        note(keys, step.keys)
        note(rollouts, step.rollouts)
        snapshot = applyChanges(snapshot, step)
      }
      const atOnce = compileSnapshot({
        version: 0,
        models: Array.from(models.values()),
        deployments: Array.from(deployments.values(), (own) => own.deployment),
        keys: Array.from(keys, ([hash, own]) => ({ ...own, hash })),
        measurements: Array.from(deployments.values()).flatMap((own) => own.measurements),
        verifications: Array.from(deployments.values()).flatMap((own) =>
          own.verification ? [{ ...own.verification, deploymentId: own.deployment.id }] : [],
        ),
        policy: EMPTY_SNAPSHOT.policy,
        rollouts: Array.from(rollouts.values()).flat(),
      })
      expect(contentOf(snapshot)).toEqual(contentOf(atOnce))
    }),
    { numRuns: 1_000 },
  )
})

const many = Array.from({ length: 3_000 }, (_, i) =>
  deployment({ modelId: i % 2 === 0 ? 'tone' : 'mood', node: `n${i}` }),
)
const before = compileSnapshot(
  rows({
    models: [modelEntry(), modelEntry({ id: 'mood', capability: 'text-classification/mood' })],
    deployments: many,
  }),
)
const change = (own: Deployment | undefined, id: string) =>
  applyChanges(before, {
    models: new Map(),
    keys: new Map(),
    rollouts: new Map(),
    deployments: new Map([[id, own && { deployment: own, measurements: [] }]]),
  })

test('shares with the snapshot before it what no change touches, which stays as it was', () => {
  const content = structuredClone(contentOf(before))
  const after = change(deployment({ node: 'n0', weight: 5 }), 'tone@1/n0')
  expect(after.offers.get('text-classification/mood')).toBe(
    before.offers.get('text-classification/mood'),
  )
  expect(after.offers.get('text-classification/tone')).not.toBe(
    before.offers.get('text-classification/tone'),
  )
  expect(after.capabilities).toBe(before.capabilities)
  expect(contentOf(before)).toEqual(content)
})

test('takes a deployment out of all lists at once', () => {
  const after = change(undefined, 'tone@1/n0')
  const [offer] = after.offers.get('text-classification/tone') ?? []
  const lists = [
    after.deployments,
    after.deploymentsOf.get('tone@1') ?? [],
    ...(offer?.pools ?? []).map(({ list }) => list.items),
  ]
  expect(lists).toHaveLength(4)
  expect(lists.flat().filter(({ id }) => id === 'tone@1/n0')).toEqual([])
})

test('keeps a model as one object in each look-up, so that readiness can be asked by it', () => {
  const after = applyChanges(before, {
    models: new Map([['tone@1', { ...modelEntry(), artefacts: { 'model.onnx': 'b' } }]]),
    keys: new Map(),
    rollouts: new Map(),
    deployments: new Map(),
  })
  const renewed = after.models.get('tone@1')
  expect(renewed?.artefacts).toEqual({ 'model.onnx': 'b' })
  expect(after.versions.get('tone')?.[0]).toBe(renewed)
  expect(after.offersOfModel.get('tone')?.[0]?.model).toBe(renewed)
  expect(after.capabilities.get('text-classification/tone')?.models[0]).toBe(renewed)
})
