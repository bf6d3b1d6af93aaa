import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startTestRouter, TONE, type TestRouter } from './start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

function ask(question: unknown, headers: Record<string, string> = {}) {
  return router.send('/explain', {
    method: 'POST',
    key: router.inferKey,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(question),
  })
}

describe('POST /explain', () => {
  test('tells what each deployment is worth to the request, and asks none', async () => {
    const { status, body } = await ask({ capability: TONE })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      capability: TONE,
      more: 0,
      deployments: [
        {
          model: 'tone@1',
          node: 'far',
          score: { total: expect.any(Number), terms: { near: 0 }, fits: true },
        },
      ],
    })
    expect(router.received).toEqual([])
  })

  test('tells the first question that a deployment fails, from the body and from headers', async () => {
    const failed = async (question: object, headers = {}) => {
      const { body } = await ask({ capability: TONE, ...question }, headers)
      return body.deployments
    }
    expect(await failed({ has: { mediaType: 'video/mp4' } })).toMatchObject([
      { failed: { predicate: 'media-type' } },
    ])
    expect(await failed({ constraints: { minAccuracy: 0.5 } })).toMatchObject([
      { failed: { predicate: 'accuracy' } },
    ])
    expect(await failed({}, { 'mesh-placement': 'edge-only' })).toMatchObject([
      { failed: { predicate: 'placement' } },
    ])
    const tensors = [{ name: 'y', datatype: 'FP32', shape: [3] }]
    expect(await failed({ door: 'tensor', has: { tensors } })).toMatchObject([
      { failed: { predicate: 'tensors', reason: expect.stringContaining("no input 'y'") } },
    ])
  })

  test('never tells a target', async () => {
    const { body } = await ask({ capability: TONE })
    expect(JSON.stringify(body)).not.toContain('127.0.0.1')
  })

  test('refuses what it does not know by name, and callers without a key', async () => {
    expect((await ask({ capability: 'x/y' })).body.code).toBe('capability_unknown')
    expect((await ask({ capability: TONE, inputs: 'x' })).body).toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining('inputs'),
    })
    const unsure = await ask({ capability: TONE, constraints: { minAccuracy: 2 } })
    expect(unsure.body.detail).toMatch(/^constraints\.minAccuracy: .+ <=1$/)
    expect((await ask({ capability: TONE, has: { bytes: -1 } })).status).toBe(400)
    const anonymous = await router.send('/explain', { method: 'POST', key: '', body: '{}' })
    expect(anonymous.status).toBe(401)
  })

  test('is in the error of a request that nobody could serve', async () => {
    const { status, body } = await router.infer({ 'mesh-placement': 'edge-only' })
    expect(status).toBe(503)
    expect(body).toMatchObject({
      code: 'no_deployment',
      explain: { deployments: [{ node: 'far', failed: { predicate: 'placement' } }] },
    })
  })

  test('goes by what was measured, as soon as it is', async () => {
    const question = { capability: TONE, constraints: { minAccuracy: 0.9 } }
    expect((await ask(question)).body.deployments).toMatchObject([{ failed: {} }])
    const measured = { deployment: 'tone@1/far', metric: 'accuracy', value: 0.95 }
    expect((await router.admin('POST', '/measurements', measured)).status).toBe(201)
    expect((await ask(question)).body.deployments).toMatchObject([
      { score: { terms: { quality: 0.95 } } },
    ])
    const { status } = await router.admin('POST', '/measurements', {
      ...measured,
      deployment: 'no',
    })
    expect(status).toBe(404)
  })
})
