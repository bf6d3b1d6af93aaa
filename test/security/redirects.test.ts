/** Whoever is called may point elsewhere: nobody goes there, so neither input, signature nor token do. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startTestRouter, type TestRouter } from '../../workers/router/start-test-router.ts'
import { startFarNode, type FarNode } from '../fixtures/far-node.ts'
import { remoteManifest, remotePlace, REMOTE_INFER } from '#shared/remote-manifest-fixture.ts'

const TOKEN = 'token-of-the-first-host'

let router: TestRouter
let elsewhere: FarNode

beforeAll(async () => {
  elsewhere = await startFarNode((response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
  )
  router = await startTestRouter((farUrl) => ({
    OTLP_ENDPOINT: farUrl,
    OTLP_HEADERS: `authorization=${TOKEN}`,
    NODE_TOKENS: JSON.stringify({ [farUrl]: TOKEN }),
  }))
  await router.admin('POST', '/models', { manifest: remoteManifest })
}, 60_000)
afterAll(async () => {
  await router.stop()
  await elsewhere.stop()
})
beforeEach(() => {
  router.received.length = 0
})

const STATUSES = [300, 301, 302, 303, 305, 307, 308]

describe.each(STATUSES)('a %d', (status) => {
  const point = (to = elsewhere.url) =>
    router.answerWith('application/json', '[]', {
      status,
      headers: { location: `${to}/`, refresh: `0; url=${to}/` },
    })
  const expectNobodyWent = () => {
    expect(router.received.length).toBeGreaterThan(0)
    expect(elsewhere.received).toEqual([])
  }

  test('of a node is an answer of nonsense, and its address goes to nobody', async () => {
    point()
    const { body, headers } = await router.infer()
    expect(body).toMatchObject({ code: 'bad_gateway', status: 502 })
    expect([headers.get('location'), headers.get('refresh')]).toEqual([null, null])
    expect(JSON.stringify(body)).not.toContain(elsewhere.url)
    expectNobodyWent()
  })

  test('of somebody else’s server is the same', async () => {
    const place = remotePlace(`${router.farUrl}/v2/models/theirs`)
    expect((await router.admin('POST', '/deployments', place)).status).toBeLessThan(300)
    point()
    const tensors = { method: 'POST', key: router.inferKey, body: '{"inputs":[]}' }
    expect((await router.send(REMOTE_INFER, tensors)).body.code).toBe('bad_gateway')
    expect(router.received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`)
    expectNobodyWent()
  })

  test('of a server that is asked for its model registers nothing', async () => {
    point()
    const place = remotePlace(`${router.farUrl}/v2/models/theirs`)
    const answer = await router.admin('POST', '/deployments', { ...place, verify: true })
    expect([answer.status, answer.body.code]).toEqual([409, 'conflict'])
    expectNobodyWent()
  })

  test('to the same host is not followed either', async () => {
    point(router.farUrl)
    expect((await router.infer()).body.code).toBe('bad_gateway')
    expect(router.received.filter(({ path }) => path === '/')).toEqual([])
  })
})

test('a receiver of spans cannot send them on', async () => {
  router.answerWith('application/json', '{}', {
    status: 307,
    headers: { location: elsewhere.url },
  })
  await router.infer()
  const spans = () => router.received.filter(({ path }) => path === '/v1/traces').length
  await expect.poll(spans, { timeout: 10_000 }).toBeGreaterThan(0)
  expect(elsewhere.received).toEqual([])
})
