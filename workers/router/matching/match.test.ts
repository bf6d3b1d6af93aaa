import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import type { TensorSpec } from '#shared/manifest.ts'
import type { AnswerMediaType } from '#shared/media-answer.ts'

import { explain } from '../explain.ts'
import { deployment, measurement, modelEntry, rows } from '../registry/registry-fixture.ts'
import { HealthBoard } from '../resilience/health-board.ts'
import {
  compileSnapshot,
  type Deployment,
  type ModelEntry,
  type Snapshot,
} from '../registry/snapshot.ts'
import { DEFAULT_CARD_POLICY, VerificationMode } from '../verify/card-policy.ts'
import { PENDING } from '../verify/verification.ts'
import { match } from './match.ts'
import type { Needs } from './needs.ts'

const NOW = 1_700_000_000_000
const CAPABILITY = 'text-classification/tone'
const LABELS = ['good', 'bad', 'odd']
const LANGUAGES = ['en', 'de', 'pt']

const model = fc
  .record({
    id: fc.constantFrom('tone', 'mood'),
    version: fc.constantFrom('1', '2'),
    accepts: fc.subarray(['text/plain', 'image/png'], { minLength: 1 }),
    produces: fc.constantFrom<AnswerMediaType>('application/json', 'image/png'),
    labels: fc.subarray(LABELS),
    languages: fc.option(fc.subarray(LANGUAGES, { minLength: 1 }), { nil: undefined }),
    inputBytes: fc.constantFrom(10, 1_000),
    dim: fc.constantFrom(-1, 3),
    out: fc.constantFrom<number[]>([-1], [2], [2, 3]),
  })
  .map(({ inputBytes, dim, out, languages, produces, ...own }) =>
    modelEntry({
      ...own,
      produces: [produces],
      ...(languages ? { languages } : {}),
      inputs: [{ name: 'x', datatype: 'FP32', shape: [dim] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: out }],
      limits: { inputBytes, tensorElements: 1_000, concurrency: 1 },
    }),
  )

const placed = fc.record({
  modelId: fc.constantFrom('tone', 'mood'),
  version: fc.constantFrom('1', '2'),
  node: fc.stringMatching(/^n[a-z]{3}$/),
  placement: fc.constantFrom('edge' as const, 'native' as const),
  transport: fc.constantFrom('binding' as const, 'http' as const, 'oip' as const),
  weight: fc.constantFrom(0, 1, 1, 1),
  state: fc.constantFrom('ready', 'ready', 'ready', 'draining', 'disabled'),
  region: fc.constantFrom(null, 'eu', 'us'),
})

const needs: fc.Arbitrary<Needs> = fc.record({
  door: fc.constantFrom('task' as const, 'tensor' as const),
  placement: fc.constantFrom('edge', 'native', 'any', 'edge-only'),
  ...optional({
    model: fc.constantFrom('tone', 'mood', 'none'),
    version: fc.constantFrom('1', '2'),
    mediaType: fc.constantFrom('text/plain', 'image/png', 'audio/wav', 'application/json'),
    bytes: fc.constantFrom(5, 500),
    language: fc.constantFrom('en', 'de-AT', 'fr'),
    produces: fc.constantFrom('application/json', 'image/png'),
    shape: fc.constantFrom([2], [3], [2, -1]),
    labels: fc.subarray(LABELS),
    minAccuracy: fc.constantFrom(0.5, 0.9),
    region: fc.constantFrom('eu', 'us'),
    tensors: fc.constantFrom<TensorSpec[]>(
      [{ name: 'x', datatype: 'FP32', shape: [3] }],
      [{ name: 'x', datatype: 'FP32', shape: [4] }],
      [{ name: 'y', datatype: 'FP32', shape: [3] }],
    ),
  }),
})

/** Most are left out: what asks for everything at once finds nobody, and nobody is easily agreed upon. */
function optional<T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) {
  // as: each field keeps its type, with undefined added
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value }),
    ]),
  ) as {
    [K in keyof T]: fc.Arbitrary<(T[K] extends fc.Arbitrary<infer V> ? V : never) | undefined>
  }
}

/** The rules once more, said plainly for one deployment and its model, with nothing arranged ahead. */
function serves(
  want: Needs,
  own: Deployment,
  { manifest }: ModelEntry,
  accuracy: number | undefined,
  verified: boolean,
): boolean {
  const { accepts, labels = [], languages, limits, inputs, outputs } = manifest
  const [[input], [output]] = [inputs, outputs]
  const saysNothing = want.mediaType === undefined || want.mediaType === 'application/json'
  return (
    own.state === 'ready' &&
    own.weight > 0 &&
    verified &&
    (want.door === 'tensor' || own.transport !== 'oip') &&
    (want.model === undefined || want.model === manifest.id) &&
    (want.version === undefined || want.version === manifest.version) &&
    (want.door === 'tensor' || saysNothing || accepts.some((type) => type === want.mediaType)) &&
    (want.bytes ?? 0) <= limits.inputBytes &&
    (want.tensors ?? []).every(
      ({ name, shape }) =>
        name === input?.name && (input.shape[0] === -1 || input.shape[0] === shape[0]),
    ) &&
    (want.language === undefined ||
      languages === undefined ||
      languages.some((known) => want.language?.startsWith(known))) &&
    (want.produces === undefined ||
      (manifest.produces ?? []).some((type) => type === want.produces)) &&
    (want.shape === undefined ||
      `${want.shape}` === `${output?.shape}` ||
      // an open dimension, of the one or of the other
      (want.shape.length === 1 && output?.shape[0] === -1) ||
      (want.shape[1] === -1 && output?.shape.length === 2)) &&
    (want.labels ?? []).every((label) => labels.includes(label)) &&
    (want.minAccuracy === undefined || (accuracy ?? -1) >= want.minAccuracy) &&
    (want.placement === 'any' || own.placement === want.placement.replace('-only', '')) &&
    (want.placement !== 'edge-only' || own.transport === 'binding') &&
    (want.region === undefined || own.region === want.region)
  )
}

const registry = fc
  .record({
    models: fc.uniqueArray(model, {
      minLength: 2,
      maxLength: 4,
      selector: ({ manifest }) => `${manifest.id}@${manifest.version}`,
    }),
    placements: fc.uniqueArray(placed, {
      minLength: 4,
      maxLength: 12,
      selector: ({ modelId, version, node }) => `${modelId}@${version}/${node}`,
    }),
    accuracies: fc.array(fc.constantFrom(0.4, 0.7, 0.95), { maxLength: 12 }),
    verdicts: fc.array(
      fc.option(fc.constantFrom('passed', 'passed', 'pending', 'failed', 'unverifiable')),
      {
        maxLength: 12,
      },
    ),
    verification: fc.constantFrom(...VerificationMode.options),
  })
  .map(({ models, placements, accuracies, verdicts, verification }) => {
    const deployments = placements.map((own) => deployment(own))
    const measurements = accuracies.flatMap((value, i) => {
      const own = deployments[i]
      // one time for each: the latest counts
      return own ? [measurement({ deploymentId: own.id, value, measuredAt: NOW + i })] : []
    })
    const verifications = verdicts.flatMap((state, i) => {
      const own = deployments[i]
      if (!own || state === null) return []
      return [{ ...PENDING, deploymentId: own.id, state }]
    })
    const policy = { ...DEFAULT_CARD_POLICY, verification }
    const stateOf = (own: Deployment) => verdicts[deployments.indexOf(own)] ?? 'pending'
    return {
      models,
      deployments,
      /** What those that fail their examples are measured to be says nothing of the others. */
      measurements: measurements.filter(({ deploymentId }) =>
        deployments.every((own) => own.id !== deploymentId || stateOf(own) !== 'failed'),
      ),
      isVerified: (own: Deployment) =>
        verification === 'off' ||
        stateOf(own) === 'passed' ||
        (verification === 'lenient' && stateOf(own) !== 'failed'),
      snapshot: compileSnapshot(rows({ models, deployments, measurements, verifications, policy })),
    }
  })

const matched = (snapshot: Snapshot, want: Needs) =>
  match(snapshot.offers.get(CAPABILITY) ?? [], want)
    .flatMap(({ pool }) => pool.list.items.map(({ id }) => id))
    .toSorted()

const RUNS = 2_000

test('matches exactly the deployments that the rules, asked of each one by one, let through', () => {
  let served = 0
  fc.assert(
    fc.property(registry, needs, (registered, want) => {
      const { models, deployments, measurements, isVerified, snapshot } = registered
      const expected = deployments.filter((own) => {
        const of = models.find(
          ({ manifest }) => manifest.id === own.modelId && manifest.version === own.version,
        )
        const measured = measurements.findLast(({ deploymentId }) =>
          deploymentId.startsWith(`${own.modelId}@${own.version}/`),
        )
        return of !== undefined && serves(want, own, of, measured?.value, isVerified(own))
      })
      if (expected.length > 0) served++
      expect(matched(snapshot, want)).toEqual(expected.map(({ id }) => id).toSorted())
    }),
    { numRuns: RUNS },
  )
  expect(served).toBeGreaterThan(RUNS / 10)
})

test('explains each deployment, with a score exactly where it matches', () => {
  fc.assert(
    fc.property(registry, needs, ({ snapshot }, want) => {
      const { deployments } = explain(snapshot, snapshot.offers.get(CAPABILITY) ?? [], want, {
        board: new HealthBoard(),
        objective: undefined,
        timeLeftMs: 1_000,
        now: NOW,
        measurementsLastMs: 1_000,
        limit: 1_000,
        caller: { key: 'key' },
      })
      const scored = deployments.filter(({ score }) => score !== undefined)
      expect(scored.map(({ model: name, node }) => `${name}/${node}`).toSorted()).toEqual(
        matched(snapshot, want),
      )
      for (const { score, failed } of deployments) expect(Boolean(score)).toBe(!failed)
    }),
  )
})
