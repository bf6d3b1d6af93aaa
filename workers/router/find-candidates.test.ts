import { describe, expect, test } from 'vitest'

import type { MeshError } from '#shared/mesh-error.ts'
import { RegisteredManifest } from '#shared/remote-manifest.ts'

import { requireCandidates } from './find-candidates.ts'
import { deployment, modelEntry, rows } from './registry-fixture.ts'
import { compileSnapshot, type RegistryRows } from './snapshot.ts'

const TONE = 'text-classification/tone'
const free = { deadlineMs: 1, placement: 'any' } as const

function refusal(
  capability: string,
  constraints = {},
  overrides: Partial<RegistryRows> = {},
): MeshError {
  try {
    requireCandidates(compileSnapshot(rows(overrides)), capability, { ...free, ...constraints })
  } catch (err) {
    return err as MeshError // as: nothing else is thrown here, and expect would tell
  }
  throw new Error('it was not refused')
}

describe('requireCandidates', () => {
  test('names the nearest capabilities when the one asked for is unknown', () => {
    const err = refusal('text-classification/tune')
    expect(err.code).toBe('capability_unknown')
    expect(err.extensions).toEqual({ nearest: [TONE] })
    expect(err.message).toContain('GET /capabilities')
  })

  test('repeats no more than a little of a long unknown name', () => {
    expect(refusal(`x/${'y'.repeat(5_000)}`).message.length).toBeLessThan(200)
  })

  test('refuses a pinned model that does not exist, or at another version, or of another capability', () => {
    const models = [
      modelEntry(),
      modelEntry({ id: 'mood', capability: 'text-classification/mood' }),
    ]
    expect(refusal(TONE, { model: 'none' }, { models })).toMatchObject({
      code: 'model_unknown',
      message: "there is no model 'none'; GET /models lists all",
    })
    expect(refusal(TONE, { model: 'tone', version: '9' }, { models })).toMatchObject({
      code: 'model_unknown',
      message: `tone@9 does not offer ${TONE}`,
      extensions: { nearest: ['tone@1'] },
    })
    expect(refusal(TONE, { model: 'mood' }, { models }).code).toBe('model_unknown')
  })

  test('tells a capability that nothing ready offers from one that does not fit the constraints', () => {
    const deployments = [deployment({ state: 'draining' })]
    expect(refusal(TONE, {}, { deployments })).toMatchObject({
      code: 'no_deployment',
      message: `${TONE} is known, but nothing that offers it is ready`,
    })
    expect(refusal(TONE, { placement: 'native' })).toMatchObject({
      code: 'no_deployment',
      message: `1 deployments of ${TONE} are ready, but none satisfies placement native`,
    })
  })

  test('sends whoever asks for a task of a model without a codec to its tensors', () => {
    const remote = RegisteredManifest.parse({
      ...modelEntry().manifest,
      id: 'remote',
      capability: 'x/remote',
      source: { type: 'remote' },
      accepts: [],
      examples: [],
      limits: undefined,
    })
    const models = [{ manifest: remote, artefacts: {}, createdAt: 0 }]
    const err = refusal('x/remote', {}, { models })
    expect([err.code, err.message]).toEqual([
      'capability_unknown',
      'x/remote takes tensors only: POST /v2/models/remote/infer',
    ])
    const beside = [...models, modelEntry({ capability: 'x/remote' })]
    const pinned = refusal('x/remote', { model: 'remote' }, { models: beside })
    expect(pinned.message).toBe('remote takes tensors only: POST /v2/models/remote/infer')
  })

  test('offers no task to a deployment that takes tensors only', () => {
    const deployments = [deployment({ transport: 'oip', target: 'https://x.org/v2/models/t' })]
    const err = refusal(TONE, {}, { deployments })
    expect([err.code, err.message]).toEqual([
      'no_deployment',
      `what is ready of ${TONE} takes tensors only: POST /v2/models/tone/infer`,
    ])
  })

  test('gives the deployments of the capability', () => {
    const found = requireCandidates(compileSnapshot(rows()), TONE, free)
    expect(found.map(({ id }) => id)).toEqual(['tone@1/mesh-tone'])
  })
})
