/** What is decided of rollouts, in the router as it runs. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { MeshError } from '#shared/mesh-error.ts'
import { toProblem } from '#shared/problem.ts'

import { NO_EVIDENCE } from './evidence.ts'
import { RolloutStore } from './rollout-store.ts'
import { startRolloutRouter, type RolloutRouter } from './start-rollout-router.ts'

const JSON_TYPE = 'application/json'
const PROBLEM_TYPE = 'application/problem+json'
const GOOD = '[{"label":"good","score":0.9},{"label":"bad","score":0.1}]'
const BAD = '[{"label":"bad","score":0.8},{"label":"good","score":0.2}]'
const BROKEN = JSON.stringify(toProblem(new MeshError('internal', 'it broke')))

let rollouts: RolloutRouter

beforeAll(async () => {
  rollouts = await startRolloutRouter()
}, 60_000)
afterAll(() => rollouts.router.stop())
beforeEach(() => rollouts.router.answerWith(JSON_TYPE, GOOD))
afterEach(() => rollouts.reset())

describe('in shadow', () => {
  test('a bad version is rolled back, and no caller ever saw what it answered', async () => {
    await rollouts.begin()
    rollouts.router.answerWith(JSON_TYPE, BAD, { version: rollouts.candidate() })
    const { rollout, models } = await rollouts.sendUntilDecided()
    expect(models).toEqual(new Set(['tone@1']))
    expect(rollout).toMatchObject({
      state: 'rolled_back',
      mode: 'shadow',
      reason: expect.stringContaining('answers that differ'),
      decidedAt: expect.any(Number),
      evidence: {
        lastDisagreement: { request: expect.any(String), reason: 'the first label is another' },
        largestDifference: expect.closeTo(0.7),
      },
    })
    expect(rollout.evidence.pairs).toBeGreaterThanOrEqual(20)
    expect(rollout.evidence.disagreements).toBe(rollout.evidence.pairs)
    expect(rollout.findings).toContainEqual(
      expect.objectContaining({ question: 'disagreement', says: 'bad' }),
    )
  })

  test('a good version is promoted: it takes all, and the one before catches what it drops', async () => {
    await rollouts.begin()
    rollouts.router.answerWith(JSON_TYPE, GOOD.replace('0.9', '0.8'), {
      version: rollouts.candidate(),
    })
    const { rollout } = await rollouts.sendUntilDecided()
    expect(rollout).toMatchObject({ state: 'promoted', evidence: { disagreements: 0 } })
    for (const user of ['a', 'b', 'c']) {
      expect((await rollouts.ask(user)).headers.get('mesh-route')).toContain(
        `tone@${rollouts.candidate()};`,
      )
    }
    rollouts.router.answerWith(PROBLEM_TYPE, BROKEN, { status: 500, version: rollouts.candidate() })
    const caught = await rollouts.ask('a')
    expect(caught.headers.get('mesh-model')).toBe('tone@1')
  })
})

describe('as a canary', () => {
  test('a version that errors is rolled back, and no request is lost', async () => {
    await rollouts.begin({ share: 0.5 })
    rollouts.router.answerWith(PROBLEM_TYPE, BROKEN, { status: 500, version: rollouts.candidate() })
    const { rollout, models } = await rollouts.sendUntilDecided()
    expect(models).toEqual(new Set(['tone@1']))
    expect(rollout).toMatchObject({
      state: 'rolled_back',
      reason: expect.stringContaining('failures more than of the stable version'),
    })
    expect(rollout.evidence.candidate.failures).toBeGreaterThanOrEqual(5)
  })

  test('a version that refuses what the stable one answers is rolled back, and no request is lost', async () => {
    await rollouts.begin({ share: 1, mirror: 0 })
    const refusal = JSON.stringify(toProblem(new MeshError('invalid_request', 'it is malformed')))
    rollouts.router.answerWith(PROBLEM_TYPE, refusal, {
      status: 400,
      version: rollouts.candidate(),
    })
    const { rollout, models } = await rollouts.sendUntilDecided()
    expect(models).toEqual(new Set(['tone@1']))
    expect(rollout).toMatchObject({
      state: 'rolled_back',
      reason: expect.stringContaining('failures more than of the stable version'),
    })
  })

  test('a version that answers otherwise is rolled back by those whom it answered', async () => {
    await rollouts.begin({ share: 0.5 })
    rollouts.router.answerWith(JSON_TYPE, BAD, { version: rollouts.candidate() })
    const { rollout, models } = await rollouts.sendUntilDecided()
    expect(models).toEqual(new Set(['tone@1', `tone@${rollouts.candidate()}`]))
    expect(rollout.state).toBe('rolled_back')
    for (let i = 0; i < 20; i++) {
      expect((await rollouts.ask(`user-${i}`)).headers.get('mesh-model')).toBe('tone@1')
    }
  })
})

describe('the verdict', () => {
  test('goes by what all isolates have seen together', async () => {
    await rollouts.begin()
    const { id } = await rollouts.seen()
    const isolates = [0, 1, 2].map(
      async () => new RolloutStore({ DB: await rollouts.router.database() }),
    )
    const calls = { stableCalls: 10, candidateCalls: 10 }
    const own = { ...NO_EVIDENCE, ...calls, rolloutId: id, pairs: 10, disagreements: 1 }
    await Promise.all(isolates.map(async (store) => (await store).addEvidence([own])))
    expect(await rollouts.seen()).toMatchObject({
      state: 'running',
      evidence: { pairs: 30, disagreements: 3, candidate: { calls: 30 } },
    })
  })

  test('is made once: of many isolates that decide at the same time one does, and later evidence is none', async () => {
    await rollouts.begin()
    const { id } = await rollouts.seen()
    const store = new RolloutStore({ DB: await rollouts.router.database() })
    const audit = { actor: 'test', action: 'settle_rollout', target: 'tone' }
    const outcomes = await Promise.allSettled(
      (['promoted', 'rolled_back', 'held'] as const).map((state) =>
        store.settle(id, { state, reason: state }, audit),
      ),
    )
    const made = outcomes.filter(({ status }) => status === 'fulfilled')
    expect(made).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict' })
    }
    const { body } = await rollouts.router.admin('GET', '/audit?limit=5')
    const noted = z.array(z.looseObject({ actor: z.string() })).parse(body.audit)
    expect(noted.filter(({ actor }) => actor === 'test')).toHaveLength(1)
    await store.addEvidence([{ ...NO_EVIDENCE, rolloutId: id, pairs: 5 }])
    expect((await rollouts.seen()).evidence.pairs).toBe(0)
  })

  test('is that nothing was shown, when the time is over without a request', async () => {
    await rollouts.begin({ expiresInSeconds: 1 })
    await expect
      .poll(
        async () => {
          await rollouts.router.runJobs()
          return rollouts.seen()
        },
        { timeout: 10_000 },
      )
      .toMatchObject({ state: 'held', reason: expect.stringContaining('its time is over') })
    expect((await rollouts.ask('a')).headers.get('mesh-model')).toBe('tone@1')
  })

  test('shows on the card, in the log of changes and in the metrics', async () => {
    await rollouts.begin({ expiresInSeconds: 1 })
    await expect
      .poll(
        async () => {
          await rollouts.router.runJobs()
          return (await rollouts.seen()).state
        },
        { timeout: 10_000 },
      )
      .toBe('held')
    const card = await rollouts.router.send('/models/tone')
    expect(card.body.versions).toContainEqual(
      expect.objectContaining({
        version: rollouts.candidate(),
        rollout: expect.objectContaining({
          state: 'held',
          stable: '1',
          evidence: { pairs: 0, disagreements: 0 },
        }),
      }),
    )
    const { body } = await rollouts.router.admin('GET', '/audit?limit=5')
    expect(body.audit).toContainEqual(
      expect.objectContaining({
        actor: 'router',
        action: 'settle_rollout',
        target: `tone@${rollouts.candidate()}`,
        detail: expect.stringContaining('held: '),
      }),
    )
    const text = new TextDecoder().decode((await rollouts.router.send('/metrics')).bytes)
    expect(text).toMatch(/mesh_rollout_verdicts_total\{model="tone",state="held"\} \d/)
  })
})
