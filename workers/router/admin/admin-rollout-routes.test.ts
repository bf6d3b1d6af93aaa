import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startTestRouter, toneManifest, type TestRouter } from '../start-test-router.ts'

const BODY = { model: 'tone', stable: '1', candidate: '2' }

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
  for (const version of ['2', '3']) {
    await router.admin('POST', '/models', { manifest: { ...toneManifest, version } })
  }
}, 60_000)
afterAll(() => router.stop())
beforeEach(async () => {
  await router.admin('PATCH', '/rollouts/tone', { state: 'stopped' })
  await router.admin('DELETE', '/rollouts/tone')
})

const start = (body: object = {}) => router.admin('POST', '/rollouts', { ...BODY, ...body })
const patch = (body: object) => router.admin('PATCH', '/rollouts/tone', body)

describe('starting a rollout', () => {
  test('is in shadow with limits of its own, before the candidate runs anywhere', async () => {
    const { status, body } = await start()
    expect(status).toBe(201)
    expect(body).toMatchObject({
      model: 'tone',
      mode: 'shadow',
      state: 'running',
      share: 0,
      mirror: 1,
      maxDisagreement: 0.05,
      maxLatencyRatio: null,
      evidence: { pairs: 0, meanDifference: null },
      findings: [{ says: 'open' }, { says: 'open' }],
    })
    const listed = await router.admin('GET', '/rollouts')
    expect(listed.body.rollouts).toMatchObject([{ id: body.id }])
  })

  test.each([
    ['a version that is not registered', { candidate: '9' }, 404, 'model_unknown'],
    ['a model that is not', { model: 'mood' }, 404, 'model_unknown'],
    ['a version after itself', { candidate: '1' }, 400, 'invalid_request'],
    ['a share of more than all', { share: 1.1 }, 400, 'invalid_request'],
    [
      'no disagreement at all, which could not be shown',
      { limits: { maxDisagreement: 0 } },
      400,
      'invalid_request',
    ],
    ['a limit that there is none of', { limits: { maxBoredom: 1 } }, 400, 'invalid_request'],
    ['a state', { state: 'promoted' }, 400, 'invalid_request'],
    ['no time', { expiresInSeconds: 0 }, 400, 'invalid_request'],
  ])('is refused for %s', async (_, body, status, code) => {
    expect(await start(body)).toMatchObject({ status, body: { code } })
  })

  test('is refused to those who may not', async () => {
    const init = { method: 'POST', body: JSON.stringify(BODY), key: router.inferKey }
    expect((await router.send('/admin/rollouts', init)).status).toBe(403)
    expect((await router.send('/admin/rollouts', { ...init, key: '' })).status).toBe(401)
  })

  test('is refused while another of the model runs, also when both begin at once', async () => {
    const both = await Promise.all([start(), start({ candidate: '3' })])
    expect(both.map(({ status }) => status)).toEqual(expect.arrayContaining([201, 409]))
    expect(await start({ candidate: '3' })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    })
  })

  test('is refused after a version that was rolled back or superseded', async () => {
    await start()
    await patch({ state: 'rolled_back' })
    const after = await start({ stable: '2', candidate: '3' })
    expect(after).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('rolled back') },
    })
    await start()
    await patch({ state: 'promoted' })
    expect(await start({ candidate: '3' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('version 2 took its place') },
    })
    expect((await start({ stable: '2', candidate: '3' })).status).toBe(201)
  })

  test('once more of the same candidate is another run', async () => {
    const { body } = await start()
    await patch({ state: 'stopped' })
    const again = await start()
    expect(again.status).toBe(201)
    expect(again.body.id).not.toBe(body.id)
    const { body: all } = await router.admin('GET', '/rollouts/tone')
    expect(all.rollouts).toHaveLength(1)
  })

  test('is one and the same when it is repeated under its name', async () => {
    const send = () =>
      router.send('/admin/rollouts', {
        method: 'POST',
        headers: { 'idempotency-key': 'start-2' },
        body: JSON.stringify(BODY),
      })
    const [first, second] = [await send(), await send()]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body.id).toBe(first.body.id)
  })
})

describe('changing one', () => {
  test('raises the share, and decides by hand, once', async () => {
    await start()
    expect(await patch({ share: 0.25 })).toMatchObject({
      status: 200,
      body: { mode: 'canary', share: 0.25, state: 'running' },
    })
    expect(await patch({ state: 'promoted' })).toMatchObject({
      body: { state: 'promoted', reason: 'by an admin', decidedAt: expect.any(Number) },
    })
    expect(await patch({ state: 'rolled_back' })).toMatchObject({ status: 409 })
    expect(await patch({ share: 1 })).toMatchObject({ status: 409 })
  })

  test.each([{}, { share: 2 }, { state: 'held' }, { state: 'running' }, { id: 'x' }])(
    'is refused as %j',
    async (body) => {
      await start()
      expect(await patch(body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    },
  )
})

test('one that runs is not forgotten, one that is decided is', async () => {
  await start()
  expect((await router.admin('DELETE', '/rollouts/tone')).status).toBe(409)
  await patch({ state: 'stopped' })
  expect((await router.admin('DELETE', '/rollouts/tone')).status).toBe(204)
  expect((await router.admin('GET', '/rollouts/tone')).status).toBe(404)
  expect((await router.admin('DELETE', '/rollouts/tone')).status).toBe(404)
})

test('a model takes its rollouts along when it is deleted', async () => {
  for (const version of ['1', '2']) {
    await router.admin('POST', '/models', { manifest: { ...toneManifest, id: 'brief', version } })
  }
  expect((await start({ model: 'brief' })).status).toBe(201)
  expect((await router.admin('DELETE', '/models/brief')).status).toBe(204)
  const { body } = await router.admin('GET', '/rollouts')
  expect(body.rollouts).not.toContainEqual(expect.objectContaining({ model: 'brief' }))
})
