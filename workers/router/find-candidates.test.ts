import { describe, expect, test } from 'vitest'

import type { MeshError } from '#shared/mesh-error.ts'
import { RegisteredManifest } from '#shared/remote-manifest.ts'

import type { Constraints } from './constraints.ts'
import { requireCandidates, requireOffers, type Wanted } from './find-candidates.ts'
import { deployment, modelEntry, rows, measurement } from './registry/registry-fixture.ts'
import { HealthBoard } from './resilience/health-board.ts'
import { compileSnapshot, type RegistryRows } from './registry/snapshot.ts'

const TONE = 'text-classification/tone'

interface Asked {
  capability?: string
  constraints?: Partial<Constraints>
  has?: Wanted['has']
}

function find(asked: Asked, overrides: Partial<RegistryRows> = {}, board = new HealthBoard()) {
  const { capability = TONE, has = {} } = asked
  const constraints = { deadlineMs: 1_000, placement: 'any' as const, ...asked.constraints }
  const snapshot = compileSnapshot(rows(overrides))
  const offers = requireOffers(snapshot, capability, constraints)
  return requireCandidates(
    snapshot,
    { door: 'task', name: capability, offers, constraints, key: 'key', has },
    board,
  )
}

function refusal(asked: Asked, overrides: Partial<RegistryRows> = {}): MeshError {
  try {
    find(asked, overrides)
  } catch (err) {
    return err as MeshError // as: nothing else is thrown here, and expect would tell
  }
  throw new Error('it was not refused')
}

describe('what nobody can serve', () => {
  test('names the nearest capabilities when the one asked for is unknown', () => {
    const err = refusal({ capability: 'text-classification/tune' })
    expect(err.code).toBe('capability_unknown')
    expect(err.extensions).toEqual({ nearest: [TONE] })
    expect(err.message).toContain('GET /capabilities')
  })

  test('repeats no more than a little of a long unknown name', () => {
    expect(refusal({ capability: `x/${'y'.repeat(5_000)}` }).message.length).toBeLessThan(200)
  })

  test('is a pinned model that does not exist, or at another version, or of another capability', () => {
    const models = [
      modelEntry(),
      modelEntry({ id: 'mood', capability: 'text-classification/mood' }),
    ]
    expect(refusal({ constraints: { model: 'none' } }, { models })).toMatchObject({
      code: 'model_unknown',
      message: "there is no model 'none'; GET /models lists all",
    })
    expect(refusal({ constraints: { model: 'tone', version: '9' } }, { models })).toMatchObject({
      code: 'model_unknown',
      message: `tone@9 does not offer ${TONE}`,
      extensions: { nearest: ['tone@1'] },
    })
    expect(refusal({ constraints: { model: 'mood' } }, { models }).code).toBe('model_unknown')
  })

  test('is told from a capability that nothing ready offers', () => {
    const deployments = [deployment({ state: 'draining' })]
    expect(refusal({}, { deployments })).toMatchObject({
      code: 'no_deployment',
      message: `${TONE} is known, but nothing that offers it is ready: tone@1 on mesh-tone: it is draining`,
      extensions: {
        explain: { deployments: [{ failed: { predicate: 'state', reason: 'it is draining' } }] },
      },
    })
    expect(refusal({ constraints: { placement: 'native' } })).toMatchObject({
      code: 'no_deployment',
      message: `no deployment of ${TONE} can take this: tone@1 on mesh-tone: it is edge, and native is asked for`,
    })
  })

  test.each<[string, Asked, string, string]>([
    ['a media type', { has: { mediaType: 'video/mp4' } }, 'media_type_unsupported', 'text/plain'],
    ['a size', { has: { bytes: 1_001 } }, 'payload_too_large', '1000 bytes, not 1001'],
    ['a label', { constraints: { labels: ['sad'] } }, 'no_deployment', 'no label sad'],
    ['an answer', { constraints: { produces: 'image/png' } }, 'no_deployment', 'application/json'],
    ['a shape', { constraints: { shape: [3, 2] } }, 'no_deployment', 'y [-1], not [3,2]'],
    [
      'a language',
      { constraints: { language: 'de-AT' } },
      'no_deployment',
      'it knows en, not de-AT',
    ],
    [
      'an accuracy nobody measured',
      { constraints: { minAccuracy: 0.5 } },
      'no_deployment',
      'has not been measured',
    ],
  ])('is %s that no model has: it says so of each', (_, asked, code, words) => {
    const models = [modelEntry({ languages: ['en'] })]
    const err = refusal(asked, { models })
    expect(err).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(err.message).toContain('tone@1: ')
  })

  test('is an accuracy that was measured too long ago, on too few things, or as less', () => {
    const why = (overrides: Parameters<typeof measurement>[0]) =>
      refusal(
        { constraints: { minAccuracy: 0.9 } },
        { measurements: [measurement({ value: 0.95, ...overrides })] },
      ).message
    expect(why({ measuredAt: 1 })).toContain('was measured too long ago')
    expect(why({ value: 1, samples: 3 })).toContain('is 1, of 3, which is too few to tell 0.9')
    expect(why({ value: 0.85, samples: 3_000 })).toContain('is 0.85, and 0.9 is asked for')
    const well = { measurements: [measurement({ value: 0.95, samples: 3_000 })] }
    expect(find({ constraints: { minAccuracy: 0.9 } }, well)[0]?.node).toBe('mesh-tone')
  })

  test('names a few deployments of many, and how many more there are', () => {
    const deployments = Array.from({ length: 50 }, (_, i) =>
      deployment({ node: `n${i}`, state: 'disabled' }),
    )
    const { extensions, message } = refusal({}, { deployments })
    expect(extensions).toMatchObject({ explain: { more: 30 } })
    expect(message).toContain('tone@1 on n0: it is disabled')
    expect(message).toMatch(/ and 47 more$/)
  })

  test('looks at a thousand of very many, those whose model is right first, and counts the others', () => {
    const models = [modelEntry(), modelEntry({ version: '2' })]
    const many = Array.from({ length: 3_000 }, (_, i) => deployment({ node: `n${i}` }))
    const looked = new Set<string>()
    const board = new HealthBoard()
    const overSince = board.leases.overSince.bind(board.leases)
    board.leases.overSince = (own, now) => {
      looked.add(own.id)
      return overSince(own, now)
    }
    const ask = (constraints: Partial<Constraints>) => {
      looked.clear()
      try {
        find(
          { constraints },
          { models, deployments: [...many, deployment({ version: '2', node: 'two' })] },
          board,
        )
      } catch (err) {
        return (err as MeshError).extensions // as: nothing else is thrown
      }
      throw new Error('it was not refused')
    }
    expect(ask({ placement: 'native' })).toMatchObject({ explain: { more: 2_981 } })
    expect(looked.size).toBe(1_000)
    expect(ask({ model: 'tone', version: '2', placement: 'native' })).toMatchObject({
      explain: { deployments: expect.arrayContaining([expect.objectContaining({ node: 'two' })]) },
    })
    expect(looked).toContain('tone@2/two')
  })

  test('says why of the pinned version, however many others there are', () => {
    const models = [modelEntry(), modelEntry({ version: '2' })]
    const deployments = [
      ...Array.from({ length: 30 }, (_, i) => deployment({ node: `n${i}` })),
      deployment({ version: '2', node: 'shut', state: 'disabled' }),
    ]
    const { message, extensions } = refusal(
      { constraints: { model: 'tone', version: '2' } },
      { models, deployments },
    )
    expect(message).toContain('can take this: tone@2 on shut: it is disabled')
    expect(extensions).toMatchObject({
      explain: { deployments: expect.arrayContaining([expect.objectContaining({ node: 'shut' })]) },
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
    const err = refusal({ capability: 'x/remote' }, { models })
    expect([err.code, err.message]).toEqual([
      'capability_unknown',
      expect.stringContaining('it takes tensors only: POST /v2/models/remote/infer'),
    ])
    const beside = [...models, modelEntry({ capability: 'x/remote' })]
    const pinned = refusal(
      { capability: 'x/remote', constraints: { model: 'remote' } },
      { models: beside },
    )
    expect(pinned.message).toContain('takes tensors only: POST /v2/models/remote/infer')
  })

  test('offers no task to a deployment that takes tensors only', () => {
    const deployments = [deployment({ transport: 'oip', target: 'https://x.org/v2/models/t' })]
    const err = refusal({}, { deployments })
    expect([err.code, err.message]).toEqual([
      'no_deployment',
      `${TONE} is known, but nothing that offers it is ready; what is takes tensors only: POST /v2/models/tone/infer`,
    ])
  })
})

describe('the deployments to try', () => {
  const both = [deployment(), deployment({ node: 'far', placement: 'native' })]
  const nodes = (list: readonly { node: string }[]) => list.map(({ node }) => node)

  test('begin at the edge, whatever the weights', () => {
    const deployments = [
      deployment({ node: 'big', placement: 'native', weight: 1_000 }),
      deployment({ node: 'small', weight: 0.001 }),
    ]
    for (let i = 0; i < 20; i++) expect(nodes(find({}, { deployments }))).toEqual(['small', 'big'])
  })

  test('leave out what is draining, disabled or of weight 0', () => {
    const deployments = [
      ...both,
      deployment({ node: 'a', state: 'draining' }),
      deployment({ node: 'b', state: 'disabled' }),
      deployment({ node: 'c', weight: 0 }),
    ]
    expect(nodes(find({}, { deployments }))).toEqual(['mesh-tone', 'far'])
  })

  test('keep the input in this account where edge-only is asked for', () => {
    const deployments = [...both, deployment({ node: 'rented', transport: 'http' })]
    const edge = find({ constraints: { placement: 'edge' } }, { deployments })
    expect(nodes(edge).toSorted()).toEqual(['mesh-tone', 'rented'])
    const only = find({ constraints: { placement: 'edge-only' } }, { deployments })
    expect(nodes(only)).toEqual(['mesh-tone'])
  })

  test('are of the region asked for', () => {
    const deployments = [...both, deployment({ node: 'eu', region: 'eu' })]
    expect(nodes(find({ constraints: { region: 'eu' } }, { deployments }))).toEqual(['eu'])
  })

  test('are at most eight of one place', () => {
    const deployments = Array.from({ length: 50 }, (_, i) => deployment({ node: `n${i}` }))
    const found = nodes(find({}, { deployments }))
    expect(found).toHaveLength(8)
    expect(new Set(found).size).toBe(8)
  })

  test('are of the model measured as better where accuracy is the objective, and of the cheaper where cost is', () => {
    const models = [modelEntry(), modelEntry({ id: 'thick' })]
    const deployments = [
      deployment({ cost: 1 }),
      deployment({ modelId: 'thick', node: 'thick', cost: 5 }),
    ]
    const measurements = [
      measurement({ value: 0.8 }),
      measurement({ deploymentId: 'thick@1/thick', value: 0.9 }),
    ]
    const first = (objective: 'accurate' | 'cheap') =>
      find({ constraints: { objective } }, { models, deployments, measurements })[0]?.node
    expect([first('accurate'), first('cheap')]).toEqual(['thick', 'mesh-tone'])
  })

  test('are of the model that still fits the time left, were another more accurate', () => {
    const models = [modelEntry(), modelEntry({ id: 'thick' })]
    const deployments = [deployment(), deployment({ modelId: 'thick', node: 'thick' })]
    const row = (deploymentId: string, metric: string, value: number) =>
      measurement({ deploymentId, metric, value })
    const measurements = [
      row('thick@1/thick', 'accuracy', 0.99),
      row('thick@1/thick', 'latency_ms', 5_000),
      row('tone@1/mesh-tone', 'accuracy', 0.5),
      row('tone@1/mesh-tone', 'latency_ms', 50),
    ]
    const first = (deadlineMs: number) =>
      find(
        { constraints: { objective: 'accurate', deadlineMs } },
        { models, deployments, measurements },
      )[0]?.node
    expect([first(1_000), first(10_000)]).toEqual(['mesh-tone', 'thick'])
  })

  test('begin with the quicker of two alike, as seen by this isolate', () => {
    const board = new HealthBoard()
    const deployments = [deployment({ node: 'slow' }), deployment({ node: 'quick' })]
    for (const [node, ms] of [
      ['slow', 400],
      ['quick', 4],
    ] as const) {
      board
        .of({ id: `tone@1/${node}`, modelId: 'tone', target: 'TONE' })
        .latency.observe(ms, Date.now())
    }
    const firsts = Array.from({ length: 200 }, () => nodes(find({}, { deployments }, board))[0])
    // but for one in a hundred, by which it is seen when it is slow no longer
    expect(firsts.filter((node) => node === 'quick').length).toBeGreaterThan(180)
  })
})
