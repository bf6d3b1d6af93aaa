/** Who answers whom, and who is asked behind, while a rollout runs and after it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { MeshError } from '#shared/mesh-error.ts'
import { toProblem } from '#shared/problem.ts'

import { TONE, type Answer } from '../start-test-router.ts'
import { startRolloutRouter, type RolloutRouter } from './start-rollout-router.ts'

const JSON_TYPE = 'application/json'
const PROBLEM_TYPE = 'application/problem+json'
const GOOD = '[{"label":"good","score":0.9},{"label":"bad","score":0.1}]'
const BAD = '[{"label":"bad","score":0.8},{"label":"good","score":0.2}]'
const TENSORS = (value: number) =>
  JSON.stringify({
    model_name: 'tone',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [value] }],
  })

let rollouts: RolloutRouter

beforeAll(async () => {
  rollouts = await startRolloutRouter()
}, 60_000)
afterAll(() => rollouts.router.stop())
beforeEach(() => rollouts.router.answerWith(JSON_TYPE, GOOD))
afterEach(() => rollouts.reset())

const routeOf = ({ headers }: Answer) => headers.get('mesh-route') ?? ''
/** The model that was asked before all others, whoever answered: on a busy machine another is asked besides. */
const firstAsked = (answer: Answer) =>
  routeOf(answer)
    .split(', ')
    .find((attempt) => !attempt.includes(';hedge'))
    ?.split(';')[1]
/** How often the far node was asked for a version. */
const callsOf = (version: string) =>
  rollouts.router.received.filter(({ path }) => path.split('/').includes(version)).length

describe('in shadow', () => {
  test('what an answer of the cache would tell is not asked again', async () => {
    await rollouts.begin()
    const infer = () =>
      rollouts.router.send(`/infer/${TONE}`, {
        method: 'POST',
        key: rollouts.router.inferKey,
        cached: true,
        headers: { 'content-type': 'text/plain' },
        body: `text of ${rollouts.candidate()}`,
      })
    for (let i = 0; i < 5; i++) expect((await infer()).status).toBe(200)
    await expect.poll(async () => (await rollouts.seen()).evidence.pairs).toBe(1)
    expect(callsOf(rollouts.candidate())).toBe(1)
  })

  test('a request goes to no place that its caller ruled out, nor does one that pins a version', async () => {
    await rollouts.begin()
    await rollouts.router.admin('PATCH', '/deployments/tone@1/far', { region: 'eu' })
    expect((await rollouts.ask('a', { 'mesh-region': 'eu' })).status).toBe(200)
    expect((await rollouts.ask('a', { 'mesh-model': 'tone@1' })).status).toBe(200)
    expect((await rollouts.ask('b')).status).toBe(200)
    await expect.poll(async () => (await rollouts.seen()).evidence.pairs).toBe(1)
    expect(callsOf(rollouts.candidate())).toBe(1)
    expect(callsOf('1')).toBe(3)
  })

  test('nobody waits for a candidate that hangs, and nobody else is asked for it', async () => {
    await rollouts.begin()
    const { router, candidate } = rollouts
    router.answerWith(JSON_TYPE, GOOD, { version: candidate(), delayMs: 1_000 })
    const answer = await rollouts.ask('a')
    expect(answer.headers.get('mesh-route')).toMatch(/^native\/far;tone@1;ok;[\d.]+ms$/)
    expect((await rollouts.seen()).evidence.pairs).toBe(0)
    await expect
      .poll(async () => (await rollouts.seen()).evidence.pairs, { timeout: 10_000 })
      .toBe(1)
  })

  test.each([
    ['tensors', '/v2/models/tone/infer', TENSORS(0.5), TENSORS(0.6)],
    ['the shape of another protocol', '/models/tone', GOOD, BAD],
  ])('answers in %s are compared, too', async (_, path, stable, other) => {
    await rollouts.begin()
    const { router, candidate } = rollouts
    router.answerWith(JSON_TYPE, stable)
    router.answerWith(JSON_TYPE, other, { version: candidate() })
    const { status } = await router.send(path, {
      method: 'POST',
      key: router.inferKey,
      headers: { 'content-type': JSON_TYPE },
      body: '{"inputs":"hello"}',
    })
    expect(status).toBe(200)
    await expect
      .poll(async () => (await rollouts.seen()).evidence)
      .toMatchObject({ pairs: 1, disagreements: 1 })
  })

  test('no request is mirrored where none is asked to be', async () => {
    await rollouts.begin({ mirror: 0 })
    for (let i = 0; i < 5; i++) await rollouts.ask(`user-${i}`)
    expect(await rollouts.seen()).toMatchObject({ evidence: { pairs: 0, candidate: { calls: 0 } } })
  })
})

describe('as a canary', () => {
  test('answers the same one the same way, as explained, and who pins a version past it', async () => {
    await rollouts.begin({ share: 0.5, mirror: 0 })
    const users = Array.from({ length: 24 }, (_, i) => `user-${i}`)
    const modelOf = async (user: string) => firstAsked(await rollouts.ask(user))
    const first = await Promise.all(users.map(modelOf))
    expect(new Set(first)).toEqual(new Set(['tone@1', `tone@${rollouts.candidate()}`]))
    expect(await Promise.all(users.map(modelOf))).toEqual(first)
    for (const [i, user] of users.slice(0, 4).entries()) {
      const { body } = await rollouts.router.send('/explain', {
        method: 'POST',
        key: rollouts.router.inferKey,
        headers: { 'content-type': JSON_TYPE, 'mesh-sticky': user },
        body: JSON.stringify({ capability: TONE }),
      })
      const [best, next] = z.array(z.looseObject({})).parse(body.deployments)
      expect(best).toMatchObject({
        model: first[i],
        rollout: { state: 'running', share: 0.5, candidateFirst: first[i] !== 'tone@1' },
      })
      expect(next).toMatchObject({ score: expect.anything() })
    }
    const canary = users[first.indexOf(`tone@${rollouts.candidate()}`)] ?? ''
    expect(routeOf(await rollouts.ask(canary))).toMatch(/tone@\d+;\w+;[\d.]+ms;canary/)
    const pinned = routeOf(await rollouts.ask(canary, { 'mesh-model': 'tone@1' }))
    expect(pinned).toMatch(/tone@1;ok;[\d.]+ms;pinned$/)
  })
})

test('a canary whose late call a hedge cut short is asked again behind, so that its lateness is not overlooked', async () => {
  const strict = { maxDisagreement: 0.001, maxFailures: 0.001 }
  await rollouts.begin({ share: 1, mirror: 1, limits: strict })
  const { router, candidate } = rollouts
  const candidateCalls = async () => (await rollouts.seen()).evidence.candidate.calls
  for (let i = 0; i < 25; i++) await rollouts.ask(`user-${i}`)
  expect(await candidateCalls()).toBe(25)
  router.answerWith(PROBLEM_TYPE, '{}', { version: candidate(), status: 500, delayMs: 700 })
  const { headers } = await rollouts.ask('late')
  expect(headers.get('mesh-route')).toMatch(/tone@1;ok;.*hedge, native\/next;.*;cancelled;/)
  await expect
    .poll(async () => (await rollouts.seen()).evidence.candidate, { timeout: 10_000 })
    .toMatchObject({ calls: 26, failures: 1 })
})

test('one request that nobody could be reached for, and so is repeated, is one call of each version', async () => {
  const strict = { maxDisagreement: 0.001, maxFailures: 0.001 }
  await rollouts.begin({ share: 1, limits: strict })
  rollouts.router.answerWith('text/html', '', { status: 502 })
  const route = (await rollouts.ask('a')).headers.get('mesh-route') ?? ''
  expect(route.match(/;unreachable;/g)).toHaveLength(6)
  const { candidate: own, stable } = z
    .looseObject({ candidate: z.looseObject({}), stable: z.looseObject({}) })
    .parse((await rollouts.seen()).evidence)
  expect([own, stable]).toMatchObject([
    { calls: 1, failures: 1 },
    { calls: 1, failures: 1 },
  ])
})

test('what both versions refuse is refused in the words of the stable one', async () => {
  await rollouts.begin({ share: 1 })
  const refusal = (sentence: string) =>
    JSON.stringify(toProblem(new MeshError('invalid_input', sentence)))
  const { router, candidate } = rollouts
  router.answerWith(PROBLEM_TYPE, refusal('by the stable one'), { status: 422 })
  router.answerWith(PROBLEM_TYPE, refusal('by the candidate'), {
    status: 422,
    version: candidate(),
  })
  const { status, headers, body } = await rollouts.ask('a')
  expect({ status, detail: body.detail }).toEqual({ status: 422, detail: 'by the stable one' })
  expect(headers.get('mesh-route')).toMatch(/invalid_input;[\d.]+ms;canary/)
})

test('callers and cards are answered while no evidence can be stored, and what was lost is counted', async () => {
  await rollouts.begin()
  const { router } = rollouts
  const database = await router.database()
  const rename = (from: string, to: string) =>
    database.prepare(`ALTER TABLE ${from} RENAME TO ${to}`).run()
  await rename('rollout_evidence', 'elsewhere')
  try {
    expect((await rollouts.ask('a')).status).toBe(200)
    const lost = async () => new TextDecoder().decode((await router.send('/metrics')).bytes)
    await expect
      .poll(lost, { timeout: 10_000 })
      .toMatch(/mesh_observations_lost_total\{kind="evidence"\} [1-9]/)
    const card = await router.send('/models/tone')
    expect(card.body.versions).toContainEqual(
      expect.objectContaining({
        version: rollouts.candidate(),
        rollout: {
          stable: '1',
          candidate: rollouts.candidate(),
          state: 'running',
          share: 0,
          reason: null,
        },
      }),
    )
    expect((await router.admin('GET', '/rollouts/tone')).body.code).toBe('registry_unavailable')
  } finally {
    await rename('elsewhere', 'rollout_evidence')
  }
})

describe('a version that is withheld', () => {
  test('takes nothing from the moment it is deployed, since its rollout was there first', async () => {
    await rollouts.begin({ share: 0 })
    rollouts.router.answerWith(JSON_TYPE, GOOD)
    for (let i = 0; i < 10; i++) {
      expect((await rollouts.ask(`user-${i}`)).headers.get('mesh-model')).toBe('tone@1')
    }
  })

  test('answers those who pin it and is explained to others, were it the only one left', async () => {
    await rollouts.begin()
    await rollouts.router.admin('PATCH', '/rollouts/tone', { state: 'rolled_back' })
    const pinned = await rollouts.ask('a', { 'mesh-model': `tone@${rollouts.candidate()}` })
    expect(pinned.status).toBe(200)
    expect(pinned.headers.get('mesh-route')).toContain(';pinned')
    await rollouts.router.admin('PATCH', '/deployments/tone@1/far', { weight: 0 })
    const refused = await rollouts.ask('a')
    expect(refused.status).toBe(503)
    expect(refused.body.explain).toMatchObject({
      deployments: expect.arrayContaining([
        {
          model: `tone@${rollouts.candidate()}`,
          node: 'next',
          placement: 'native',
          failed: {
            predicate: 'rollout',
            reason: 'it was rolled back to version 1: it answers only those who pin it',
          },
          rollout: expect.objectContaining({ role: 'withheld', state: 'rolled_back' }),
        },
      ]),
    })
    await rollouts.router.admin('PATCH', '/deployments/tone@1/far', { weight: 1 })
  })
})
