import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'

import type { Media } from './client.ts'
import { createClient } from './create-client.ts'
import { json, problem, startTestServer, type TestServer } from './start-test-server.ts'

interface Mesh {
  'text-classification/tone': { input: string; answer: { label: string; score: number }[] }
  'image-to-image/upscaled': { input: Media; answer: Blob }
}

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47)

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const client = () => createClient<Mesh>({ url: `${server.url}/mesh/` })
const sent = () => {
  const [{ path, headers, body } = { path: '', headers: {}, body: new Uint8Array() }] = server.asked
  return { path, type: headers['content-type'], body: new TextDecoder('latin1').decode(body) }
}

test('sends a text as JSON, below the path of its url', async () => {
  server.replyWith(json(200, []))
  const answer = await client().infer('text-classification/tone', 'ça va')
  expectTypeOf(answer).toEqualTypeOf<{ label: string; score: number }[]>()
  expect(sent()).toMatchObject({
    path: '/mesh/infer/text-classification/tone',
    type: 'application/json',
  })
  expect(JSON.parse(new TextDecoder().decode(server.asked[0]?.body))).toEqual({ inputs: 'ça va' })
})

test('sends a list of texts, which a list of answers is typed for', async () => {
  server.replyWith(json(200, [[], []]))
  const answers = await client().infer('text-classification/tone', ['a', 'b'], {
    parameters: { top_k: 1 },
  })
  expectTypeOf(answers).toEqualTypeOf<{ label: string; score: number }[][]>()
  expect(JSON.parse(sent().body)).toEqual({ inputs: ['a', 'b'], parameters: { top_k: 1 } })
})

test.each([
  ['a Blob', new Blob([PNG], { type: 'image/png' }), {}],
  ['bytes of a type', PNG, { mediaType: 'image/png' }],
  [
    'a view into a larger buffer',
    new Uint8Array([0, ...PNG, 0]).subarray(1, 5),
    { mediaType: 'image/png' },
  ],
  ['an ArrayBuffer', PNG.buffer, { mediaType: 'image/png' }],
] satisfies [string, Media, object][])('sends %s as it is', async (_, media, options) => {
  server.replyWith(json(200, []))
  await client().infer('image-to-image/upscaled', media, options)
  expect(sent().type).toBe('image/png')
  expect(server.asked[0]?.body).toEqual(PNG)
})

test.each([
  ['of no type', PNG, {}],
  ['with parameters', new Blob([PNG], { type: 'image/png' }), { parameters: { scale: 2 } }],
] satisfies [string, Media, object][])('sends media %s in base64', async (_, media, options) => {
  server.replyWith(json(200, []))
  await client().infer('image-to-image/upscaled', media, options)
  expect(sent().type).toBe('application/json')
  expect(JSON.parse(sent().body)).toEqual({ inputs: 'iVBORw==', ...options })
})

test('sends large media in base64 whole', async () => {
  server.replyWith(json(200, []))
  const large = new Uint8Array(200_001).map((_value, i) => i)
  await client().infer('image-to-image/upscaled', large)
  expect(JSON.parse(sent().body)).toEqual({ inputs: Buffer.from(large).toString('base64') })
})

test('gives a file as a Blob, with who answered', async () => {
  server.replyWith((response) =>
    response
      .writeHead(200, {
        'content-type': 'image/png',
        'mesh-model': 'upscaler@1',
        'mesh-node': 'far',
        'mesh-route': 'edge/far;upscaler@1;ok;3ms',
        'x-request-id': 'r1',
      })
      .end(PNG),
  )
  const { answer, meta } = await client().inferWithMeta('image-to-image/upscaled', PNG)
  expect(answer).toBeInstanceOf(Blob)
  expect(answer.type).toBe('image/png')
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(PNG)
  expect(meta).toEqual({
    model: 'upscaler@1',
    node: 'far',
    route: 'edge/far;upscaler@1;ok;3ms',
    requestId: 'r1',
  })
})

test('asks for the model and the place it is told', async () => {
  server.replyWith(json(200, []))
  await client().infer('text-classification/tone', 'x', { model: 'tone@1', placement: 'edge' })
  expect(server.asked[0]?.headers).toMatchObject({
    'mesh-model': 'tone@1',
    'mesh-placement': 'edge',
  })
})

test.each(['not JSON', '"a string"', ''])('takes %j for no JSON answer', async (text) => {
  server.replyWith((response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(text)
  })
  await expect(client().infer('text-classification/tone', 'x')).rejects.toMatchObject({
    code: 'bad_response',
    retryable: false,
  })
})

test.each(['../admin/keys', 'a/..', '/', 'a/.'])(
  'refuses the capability %j',
  async (capability) => {
    server.replyWith(json(200, []))
    await expect(createClient({ url: server.url }).infer(capability, 'x')).rejects.toThrow(
      TypeError,
    )
    expect(server.asked).toHaveLength(0)
  },
)

test('keeps a name with a slash one part of the path', async () => {
  server.replyWith(json(200, { name: 'a/b' }))
  await createClient({ url: server.url }).metadata('a/b?c', { version: '1' })
  expect(sent().path).toBe('/v2/models/a%2Fb%3Fc/versions/1')
})

test('tells ready from not ready, asking once', async () => {
  server.replyWith(json(200, {}), problem(503, 'model_unavailable', { retryable: true }))
  expect(await client().ready()).toBe(true)
  expect(await client().ready('tone')).toBe(false)
  expect(server.asked.map(({ path }) => path)).toEqual([
    '/mesh/v2/health/ready',
    '/mesh/v2/models/tone/ready',
  ])
})

test.each([
  [401, 'unauthenticated'],
  [404, 'model_unknown'],
])('takes %i for no word on readiness', async (status, code) => {
  server.replyWith(problem(status, code))
  await expect(client().ready('tone')).rejects.toMatchObject({ code })
})
