import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { decodeBase64 } from '#shared/base64.ts'

import { modelEntry } from '../registry/registry-fixture.ts'
import { startTestRouter, type TestRouter } from '../start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
  const { manifest } = modelEntry({ id: 'vector', capability: 'feature-extraction/tone' })
  await router.admin('POST', '/models', { manifest })
  await router.admin('POST', '/deployments', router.place({ model: 'vector' }))
}, 60_000)
afterAll(() => router.stop())
beforeEach(() => {
  router.received.length = 0
  router.answerWith('application/json', '[[0.5,-0.25],[1,2]]')
})

const embed = (body: unknown, mount = '/v1', key = router.inferKey) =>
  router.send(`${mount}/embeddings`, { method: 'POST', key, body: JSON.stringify(body) })
const two = { model: 'vector', input: ['a', 'b'] }

test.each(['/v1', '/openai/v1'])('embeds a list in one call of a node, from %s', async (mount) => {
  const { status, headers, body } = await embed(two, mount)
  expect(status).toBe(200)
  expect(headers.get('mesh-model')).toBe('vector@1')
  expect(body).toEqual({
    object: 'list',
    model: 'vector',
    data: [
      { object: 'embedding', index: 0, embedding: [0.5, -0.25] },
      { object: 'embedding', index: 1, embedding: [1, 2] },
    ],
  })
  const [call, ...others] = router.received
  expect(others).toHaveLength(0)
  expect(call?.path).toBe('/models/vector/versions/1')
  expect(JSON.parse(new TextDecoder().decode(call?.body))).toEqual({ inputs: ['a', 'b'] })
})

test('finds a model that takes tensors only, as old as it is', async () => {
  const { manifest } = modelEntry({ id: 'far-away' })
  const { id, version, title, description, capability, license, inputs, outputs } = manifest
  const facts = { id, version, title, description, capability, license, inputs, outputs }
  const remote = { ...facts, source: { type: 'remote' } }
  const { status } = await router.admin('POST', '/models', { manifest: remote })
  expect(status).toBe(201)
  const { body } = await router.send('/v1/models/far-away', { key: router.inferKey })
  expect(body).toMatchObject({ id: 'far-away', object: 'model', capability })
  expect(body.created).toBeGreaterThan(1_700_000_000)
})

test('asks another node for what one answers that is no embedding', async () => {
  const odd = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('[[1],["b"]]')
  })
  await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve))
  const { port } = odd.address() as AddressInfo // as: it listens on a port
  const target = `http://127.0.0.1:${port}`
  // the edge is asked first
  const place = router.place({ model: 'vector', node: 'odd', target, placement: 'edge' })
  expect((await router.admin('POST', '/deployments', place)).status).toBe(201)
  try {
    const { status, headers } = await embed(two)
    expect(status).toBe(200)
    expect(headers.get('mesh-route')).toMatch(
      /odd;vector@1;bad_gateway;[^,]*, native\/far;vector@1;ok/,
    )
  } finally {
    await router.admin('DELETE', '/deployments/vector@1/odd?now=true')
    odd.close()
  }
})

test('packs float32 with its least byte first', async () => {
  const { body } = await embed({ ...two, encoding_format: 'base64' })
  const [first] = body.data as { embedding: string }[] // as: the shape is the test before
  const view = new DataView(decodeBase64(first?.embedding ?? '').buffer)
  expect([view.getFloat32(0, true), view.getFloat32(4, true)]).toEqual([0.5, -0.25])
})

test('lists models and finds one by whatever `model` may be', async () => {
  const { body } = await router.send('/v1/models', { key: router.inferKey })
  expect(body).toMatchObject({ object: 'list' })
  for (const id of ['vector', 'vector@1', 'feature-extraction/tone', 'feature-extraction%2Ftone']) {
    const found = await router.send(`/v1/models/${id}`, { key: router.inferKey })
    expect(found.body).toMatchObject({ id: decodeURIComponent(id), object: 'model' })
    expect(Number.isInteger(found.body.created)).toBe(true)
  }
})

test.each<[string, unknown, number, string | null, string]>([
  ['a field it does not know', { ...two, rank: 1 }, 400, 'rank', 'invalid_request'],
  ['no model', { input: 'a' }, 400, 'model', 'invalid_request'],
  ['no input', { model: 'vector' }, 400, 'input', 'invalid_request'],
  [
    'another format',
    { ...two, encoding_format: 'int8' },
    400,
    'encoding_format',
    'invalid_request',
  ],
  ['half a dimension', { ...two, dimensions: 1.5 }, 400, 'dimensions', 'invalid_request'],
  ['other dimensions', { ...two, dimensions: 3 }, 400, 'dimensions', 'invalid_request'],
  ['a body that is no object', [two], 400, null, 'invalid_request'],
  ['a model of another task', { model: 'tone', input: 'a' }, 400, 'model', 'invalid_request'],
  ['a name of 200 kB', { ...two, model: 'a'.repeat(200_000) }, 400, 'model', 'invalid_request'],
  ['a model that is not there', { model: 'vectr', input: 'a' }, 404, 'model', 'model_not_found'],
])('refuses %s, in OpenAI’s shape', async (_, body, status, param, code) => {
  const refused = await embed(body)
  expect(refused.status).toBe(status)
  expect(refused.headers.get('content-type')).toBe('application/json')
  expect(refused.headers.get('x-should-retry')).toBe('false')
  expect(refused.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(refused.body).toEqual({
    error: { message: expect.any(String), type: 'invalid_request_error', param, code },
  })
})

test.each([
  ['POST', '/v1/embeddings', '', 401, 'invalid_api_key'],
  ['GET', '/openai/v1/models', 'Bearer', 401, 'invalid_api_key'],
  ['POST', '/v1/chat/completions', '', 404, 'not_found'],
  ['GET', '/openai/v1/nothing', '', 404, 'not_found'],
  ['DELETE', '/v1/models/vector', '', 405, 'method_not_allowed'],
])('%s %s fails in OpenAI’s shape', async (method, path, key, status, code) => {
  const { body, ...refused } = await router.send(path, { method, key })
  expect(refused.status).toBe(status)
  expect(body).toMatchObject({ error: { code, type: 'invalid_request_error' } })
})

test.each(['[[1],[2],[3]]', '[[1]]', '[1,2]', '[["a"],["b"]]', '[[],[]]', 'null', '{'])(
  'makes no embeddings of nonsense, and tells when to come again: %s',
  async (nonsense) => {
    router.answerWith('application/json', nonsense)
    const { status, headers, body } = await embed(two)
    expect([status, headers.get('x-should-retry')]).toEqual([502, 'true'])
    expect(headers.get('retry-after-ms')).toBe('1000')
    expect(body).toMatchObject({ error: { code: 'bad_gateway', type: 'server_error' } })
  },
)

test('refuses a compressed body', async () => {
  const { status, body } = await router.send('/v1/embeddings', {
    method: 'POST',
    key: router.inferKey,
    headers: { 'content-encoding': 'gzip' },
    body: 'x',
  })
  expect(status).toBe(415)
  expect(body).toMatchObject({ error: { code: 'media_type_unsupported' } })
})
