import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { PROBLEM_MEDIA_TYPE, toProblem } from '#shared/problem.ts'
import { MeshError } from '#shared/mesh-error.ts'

import { startTestRouter, TONE, type Answer, type TestRouter } from '../start-test-router.ts'

const RIGHT = '[{"label":"good","score":1}]'
const WRONG = '[{"label":"bad","score":1}]'
const problem = (code: ConstructorParameters<typeof MeshError>[0]) =>
  JSON.stringify(toProblem(new MeshError(code, 'no')))

let router: TestRouter

describe('where verification is required', () => {
  beforeAll(async () => {
    router = await startTestRouter({ VERIFICATION: 'required' })
    await router.admin('DELETE', '/deployments/tone@1/far?now=true')
  }, 60_000)
  afterAll(() => router.stop())
  beforeEach(() => {
    router.answerWith('application/json', RIGHT)
    router.received.length = 0
  })
  afterEach(async () => {
    const { body } = await router.admin('GET', '/deployments')
    for (const { id } of body.deployments as { id: string }[]) {
      await router.admin('DELETE', `/deployments/${id}?now=true`)
    }
  })

  const deploy = (overrides = {}) =>
    router.admin('POST', '/deployments', router.place({ state: 'ready', ...overrides }))
  const verify = () => router.admin('POST', '/verifications', { deployment: 'tone@1/far' })
  const whyNot = async () => {
    const { body } = await router.send('/explain', {
      method: 'POST',
      key: router.inferKey,
      body: JSON.stringify({ capability: TONE }),
    })
    return (body.deployments as Record<string, unknown>[])[0]
  }

  test('a deployment that answers its examples takes traffic at once, and the card tells so', async () => {
    const { status, body } = await deploy()
    expect([status, body.verification]).toEqual([
      201,
      { state: 'passed', detail: null, note: null, checkedAt: expect.any(Number) },
    ])
    // three examples, twice
    expect(router.received).toHaveLength(6)
    expect((await router.infer()).status).toBe(200)
  })

  test('a deployment with a false card never receives traffic', async () => {
    router.answerWith('application/json', WRONG)
    const { status, body } = await deploy()
    expect([status, body.verification]).toMatchObject([
      201,
      {
        state: 'failed',
        detail: `'one': $[0].label is "bad", expected "good"`,
      },
    ])
    router.received.length = 0
    const refused = await router.infer()
    expect([refused.status, refused.body.code]).toEqual([503, 'no_deployment'])
    expect(refused.body.explain).toMatchObject({
      deployments: [{ node: 'far', failed: { predicate: 'verified' } }],
    })
    const tensors = await router.send('/v2/models/tone/infer', {
      method: 'POST',
      key: router.inferKey,
      body: '{"inputs":[]}',
    })
    expect(tensors.status).toBe(503)
    expect(router.received).toEqual([])
    expect((await router.send('/capabilities')).body).toMatchObject({
      capabilities: [{ id: TONE, ready: 0 }],
    })
  })

  test('one that turns bad is taken out by the schedule, and comes back when it is right again', async () => {
    await deploy()
    router.answerWith('application/json', WRONG)
    await runWhenDue()
    router.received.length = 0
    expect((await router.infer()).status).toBe(503)
    expect(router.received).toEqual([])
    expect(await whyNot()).toMatchObject({
      failed: { predicate: 'verified', reason: expect.stringContaining('expected "good"') },
      contradicted: [expect.stringContaining('examples is 1 by the card')],
    })
    router.answerWith('application/json', RIGHT)
    await runWhenDue()
    expect((await router.infer()).status).toBe(200)
  })

  test('the schedule asks nobody who is not due', async () => {
    await deploy()
    router.received.length = 0
    await router.runJobs()
    expect(router.received).toEqual([])
  })

  test('a deployment that was registered before there was verification is verified by the schedule', async () => {
    await deploy()
    await (await router.database()).prepare('delete from verifications').run()
    router.received.length = 0
    await router.runJobs()
    expect(router.received).toHaveLength(6)
    expect((await router.infer()).status).toBe(200)
  })

  test.each<[string, string, string, number]>([
    ['that is overloaded', PROBLEM_MEDIA_TYPE, problem('overloaded'), 503],
    ['that fails', PROBLEM_MEDIA_TYPE, problem('internal'), 500],
    ['that does not know the router', PROBLEM_MEDIA_TYPE, problem('unauthenticated'), 401],
    ['behind a proxy that has an error page', 'text/html', '<p>bad gateway', 502],
  ])(
    'a node %s is no liar: it stays what it was, and that is told',
    async (_, type, body, status) => {
      await deploy()
      router.answerWith(type, body, { status })
      await runWhenDue()
      router.answerWith('application/json', RIGHT)
      expect((await router.infer()).status).toBe(200)
      expect(await verificationOf()).toMatchObject({
        state: 'passed',
        note: expect.stringContaining(`far answered ${status}`),
      })
      // until it answers again
      await runWhenDue()
      expect(await verificationOf()).toEqual({
        state: 'passed',
        detail: null,
        note: null,
        checkedAt: expect.any(Number),
      })
    },
  )

  test.each<[string, string, string, number, string]>([
    ['answers a page', 'text/html', '<p>hello', 200, "answered 200 with 'text/html'"],
    ['answers no JSON', 'application/json', '[{"label":', 200, 'its answer is not valid JSON'],
    ['answers nothing', 'application/json', '', 200, 'an empty body'],
    [
      'answers 1 MB and more of it',
      'application/json',
      `[${'1,'.repeat(3_000_000)}1]`,
      200,
      'the limit is 4194304 bytes',
    ],
    [
      'refuses its own example',
      PROBLEM_MEDIA_TYPE,
      problem('invalid_input'),
      422,
      'it answers 422',
    ],
    [
      'does not have the model',
      PROBLEM_MEDIA_TYPE,
      problem('model_unknown'),
      404,
      'it answers 404',
    ],
  ])('a node that %s fails', async (_, type, body, status, detail) => {
    router.answerWith(type, body, { status })
    expect((await deploy()).body.verification).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining(detail),
    })
  })

  test('one that could not be reached waits, until somebody verifies it', async () => {
    const { body } = await deploy({ target: 'http://127.0.0.1:9' })
    expect(body.verification).toMatchObject({ state: 'pending', checkedAt: null })
    expect((await router.infer()).body.code).toBe('no_deployment')
    expect(await whyNot()).toMatchObject({
      failed: { reason: expect.stringContaining('has not passed the examples of its card: ') },
    })
    await deploy()
    expect((await verify()).body).toMatchObject({
      deployment: 'tone@1/far',
      verification: { state: 'passed' },
    })
    expect((await router.infer()).status).toBe(200)
  })

  test('who registers again as it is, is not asked again; who moved or has other artefacts, is', async () => {
    await deploy()
    router.received.length = 0
    await deploy()
    await router.admin('PATCH', '/deployments/tone@1/far', { weight: 2 })
    expect((await router.infer()).status).toBe(200)
    expect(router.received).toHaveLength(1)
    router.answerWith('application/json', WRONG)
    const moved = await deploy({ target: router.farUrl.replace('127.0.0.1', 'localhost') })
    expect(moved.body.verification).toMatchObject({ state: 'failed' })
    router.answerWith('application/json', RIGHT)
    await deploy()
    const { body } = await router.admin('GET', '/models/tone')
    const [{ manifest } = {}] = body.versions as Record<string, unknown>[]
    const artefacts = { 'model.onnx': 'c'.repeat(64) }
    await router.admin('POST', '/models', { manifest, artefacts })
    expect((await router.infer()).status).toBe(503)
    router.received.length = 0
    await router.runJobs()
    expect(router.received).toHaveLength(6)
    expect((await router.infer()).status).toBe(200)
  })

  test('a node that keeps registering with a false card is asked when it is due, not each time', async () => {
    router.answerWith('application/json', WRONG)
    const { body } = await deploy()
    router.received.length = 0
    expect((await deploy()).body.verification).toEqual(body.verification)
    expect(router.received).toEqual([])
    await (await router.database()).prepare('update verifications set due_at = 0').run()
    await deploy()
    expect(router.received).toHaveLength(6)
  })

  test('a verdict is found again later, the later the more often it was bad', async () => {
    router.answerWith('application/json', WRONG)
    const DB = await router.database()
    const waits: number[] = []
    await deploy()
    for (let i = 0; i < 3; i++) {
      const row = await DB.prepare('select due_at - checked_at as wait from verifications').first<{
        wait: number
      }>()
      waits.push(Math.round((row?.wait ?? 0) / 60_000))
      await verify()
    }
    expect(waits).toEqual([5, 10, 20])
    router.answerWith('application/json', RIGHT)
    await verify()
    const well = await DB.prepare(
      'select failures, (due_at - checked_at) / 3600000 as hours from verifications',
    ).first()
    expect(well).toEqual({ failures: 0, hours: 24 })
  })

  test('what is stored of a deployment goes with it', async () => {
    await deploy()
    await router.admin('DELETE', '/deployments/tone@1/far?now=true')
    const DB = await router.database()
    for (const table of ['verifications', 'measurements']) {
      const { results } = await DB.prepare(`select * from ${table}`).all()
      expect(results).toEqual([])
    }
  })

  test('verifying what is not deployed is refused', async () => {
    expect((await verify()).body.code).toBe('not_found')
  })

  test('measurements are listed, and no more are kept than tell which way it goes', async () => {
    await deploy()
    for (let i = 0; i < 22; i++) await verify()
    const { body } = await router.admin('GET', '/measurements?deployment=tone@1/far')
    const kept = body.measurements as { metric: string; value: number; samples: number }[]
    expect(kept.filter(({ metric }) => metric === 'accuracy')).toHaveLength(20)
    expect(kept[0]).toMatchObject({ deploymentId: 'tone@1/far', source: 'examples' })
    expect((await router.admin('GET', '/measurements?deployment=none')).status).toBe(404)
  })

  /** As the card has it. */
  async function verificationOf(): Promise<unknown> {
    const { body } = await router.send('/models/tone')
    const [card] = body.versions as { deployments: { verification: unknown }[] }[]
    return card?.deployments[0]?.verification
  }

  async function runWhenDue(): Promise<void> {
    await (await router.database()).prepare('update verifications set due_at = 0').run()
    await router.runJobs()
  }
})

describe('where verification is not required', () => {
  test('a deployment is believed until it fails', async () => {
    const lenient = await startTestRouter({ VERIFICATION: 'lenient' })
    try {
      const away = { node: 'away', state: 'ready', target: 'http://127.0.0.1:9' }
      await lenient.admin('POST', '/deployments', lenient.place(away))
      await lenient.admin('DELETE', '/deployments/tone@1/far?now=true')
      const asked = await lenient.infer()
      expect(asked.headers.get('mesh-route')).toMatch(/^native\/away;tone@1;/)
      lenient.answerWith('application/json', WRONG)
      await lenient.admin('POST', '/deployments', lenient.place({ node: 'liar', state: 'ready' }))
      lenient.received.length = 0
      const route = (await lenient.infer()).headers.get('mesh-route')
      expect([route, lenient.received]).toEqual([expect.not.stringContaining('liar'), []])
    } finally {
      await lenient.stop()
    }
  }, 60_000)

  test('where it is off nobody is asked, unless by hand, and nobody is left out', async () => {
    const off = await startTestRouter({ VERIFICATION: 'off' })
    try {
      off.answerWith('application/json', WRONG)
      await off.runJobs()
      expect(off.received).toEqual([])
      const { body } = await off.admin('POST', '/verifications', { deployment: 'tone@1/far' })
      expect(body.verification).toMatchObject({ state: 'failed' } satisfies Partial<Answer['body']>)
      expect((await off.infer()).status).toBe(200)
    } finally {
      await off.stop()
    }
  }, 60_000)
})
