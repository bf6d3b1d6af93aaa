import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { modelEntry } from '../registry/registry-fixture.ts'
import { startTestRouter, type Answer, type TestRouter } from '../start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

const TONE = 'text-classification_tone'
const Listed = z.object({
  tools: z.array(z.looseObject({ name: z.string() })),
  nextCursor: z.string().optional(),
})
const Called = z.looseObject({
  isError: z.boolean().optional(),
  content: z.array(z.looseObject({ type: z.string() })),
})

function post(body: BodyInit, headers: Record<string, string> = {}, key = router.inferKey) {
  return router.send('/mcp', {
    method: 'POST',
    key,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body,
  })
}

function ask(method: string, params: unknown = {}): Promise<Answer> {
  return post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
}

async function call(name: string, args: unknown = {}) {
  const { status, body } = await ask('tools/call', { name, arguments: args })
  expect(status).toBe(200)
  return Called.parse(body.result)
}

describe('who may ask', () => {
  test('shows a key that infers, else is told how to', async () => {
    const none = await post('{}', {}, '')
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="capillary"',
    ])
    expect(none.body).toMatchObject({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32_600, data: { code: 'unauthenticated' } },
    })
    expect((await post('{}', {}, `cap_${'b'.repeat(43)}`)).status).toBe(401)
    const { body } = await router.admin('POST', '/keys', { name: 'other', scopes: ['admin'] })
    expect((await post('{}', {}, String(body.key))).status).toBe(403)
  })

  test('is no page of another origin, whatever key it has', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1']) {
      const { status, body } = await post('{}', { origin })
      expect([status, body.error]).toMatchObject([403, { data: { code: 'forbidden' } }])
    }
  })

  test('asks by POST: there is no stream to open and no session to end', async () => {
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const { status, headers } = await router.send('/mcp', { method, key: router.inferKey })
      expect([status, headers.get('allow')]).toEqual([405, 'POST'])
    }
  })
})

describe('a message', () => {
  test.each([
    ['of nothing', ''],
    ['that is no JSON', '{"jsonrpc":'],
    ['nested too deep', `${'['.repeat(40)}${']'.repeat(40)}`],
  ])('%s is refused', async (_, body) => {
    const answer = await post(body)
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { id: null, error: { code: -32_600 } },
    ])
  })

  test('in a batch is refused: one request could ask for any number of inferences', async () => {
    const { status, body } = await post(
      JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'tools/list' }]),
    )
    expect([status, body.error]).toMatchObject([
      400,
      { message: expect.stringContaining('batches') },
    ])
  })

  test('above 16 MiB is refused', async () => {
    expect((await post('x'.repeat(16 * 1024 * 1024 + 1))).status).toBe(413)
  })

  test('of another media type is refused', async () => {
    expect((await post('{}', { 'content-type': 'text/plain' })).status).toBe(415)
  })

  test('for a method that is not served is told so', async () => {
    expect((await ask('resources/list')).body.error).toMatchObject({ code: -32_601 })
  })
})

describe('the list of tools', () => {
  test('tells what each takes and how to find one', async () => {
    const { tools } = Listed.parse((await ask('tools/list')).body.result)
    expect(tools.map(({ name }) => name)).toEqual(['find-capability', TONE])
    expect(tools[1]).toMatchObject({
      title: 'Tone',
      inputSchema: {
        type: 'object',
        properties: { text: { type: 'string' }, constraints: { additionalProperties: false } },
        required: ['text'],
        additionalProperties: false,
      },
    })
    expect(JSON.stringify(tools)).not.toContain('127.0.0.1')
  })

  test('promises no shape of an answer that may be a picture', async () => {
    const { tools } = Listed.parse((await ask('tools/list')).body.result)
    expect(tools[1]).not.toHaveProperty('outputSchema')
  })

  test('follows the registry, and holds what is ready only', async () => {
    const { manifest } = modelEntry({ id: 'mood', capability: 'text-classification/mood' })
    const names = async () =>
      Listed.parse((await ask('tools/list')).body.result).tools.map(({ name }) => name)
    await router.admin('POST', '/models', { manifest })
    expect(await names()).not.toContain('text-classification_mood')
    const placed = await router.admin('POST', '/deployments', router.place({ model: 'mood' }))
    expect(placed.status).toBe(201)
    expect(await names()).toContain('text-classification_mood')
    await router.admin(
      'DELETE',
      `/deployments/${encodeURIComponent(String(placed.body.id))}?now=true`,
    )
    expect(await names()).not.toContain('text-classification_mood')
  })

  test('takes no cursor that it did not give', async () => {
    for (const cursor of ['', '-1', '../x', 'a'.repeat(10_000)]) {
      expect((await ask('tools/list', { cursor })).body.error).toMatchObject({ code: -32_602 })
    }
  })
})

describe('a call', () => {
  test('answers as structure and as text, and tells who answered', async () => {
    const result = await call(TONE, { text: 'hello' })
    const answer = { answer: [{ label: 'good', score: 1 }] }
    expect(result).toMatchObject({
      structuredContent: answer,
      content: [{ type: 'text', text: JSON.stringify(answer) }],
      _meta: { 'capillary/mesh-model': 'tone@1', 'capillary/mesh-node': 'far' },
    })
    expect(result.isError).toBeUndefined()
  })

  test('reaches the node as any inference does, with none of the caller’s headers', async () => {
    router.received.length = 0
    await call(TONE, { text: 'hellö', constraints: { model: 'tone', deadlineMs: 5_000 } })
    await call(TONE, { text: 'hello', parameters: { top_k: 1 } })
    const [plain, withParameters] = router.received
    expect(new TextDecoder().decode(plain?.body)).toBe('hellö')
    expect(plain?.headers).toMatchObject({ 'content-type': 'text/plain' })
    expect(plain?.headers).not.toHaveProperty('authorization')
    expect(JSON.parse(new TextDecoder().decode(withParameters?.body))).toEqual({
      inputs: 'hello',
      parameters: { top_k: 1 },
    })
  })

  test('answers a picture as a picture', async () => {
    router.answerWith('image/png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47))
    const { content } = await call(TONE, { text: 'hello' })
    router.answerWith('application/json', '[{"label":"good","score":1}]')
    expect(content).toEqual([{ type: 'image', data: 'iVBORw==', mimeType: 'image/png' }])
  })

  test.each([
    ['no input', {}],
    ['an empty text', { text: '' }],
    ['text that is none', { text: 5 }],
    ['data where it takes text', { data: 'aGVsbG8=' }],
    ['an address to fetch', { url: 'http://169.254.169.254/' }],
    ['a media type it does not take', { text: 'x', mimeType: 'image/png' }],
    ['a constraint that is none', { text: 'x', constraints: { placement: 'moon' } }],
    ['a version without its model', { text: 'x', constraints: { version: '1' } }],
  ])('with %s is a result that says what was wrong, and asks no node', async (_, args) => {
    router.received.length = 0
    const result = await call(TONE, args)
    expect(result.isError).toBe(true)
    expect(result.content[0]?.text).toMatch(/^invalid_request: /)
    expect(router.received).toHaveLength(0)
  })

  test('that finds no node ready is a result that says so and can be tried again', async () => {
    const result = await call(TONE, { text: 'x', constraints: { placement: 'edge' } })
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('no_deployment') }],
      _meta: { 'capillary/problem': { retryable: true } },
    })
  })

  test('whose node answers nonsense tells the route and nothing of what the node said', async () => {
    router.answerWith('text/html', '<script>alert(1)</script>')
    const result = await call(TONE, { text: 'x' })
    router.answerWith('application/json', '[{"label":"good","score":1}]')
    expect(result).toMatchObject({
      isError: true,
      _meta: { 'capillary/mesh-route': expect.stringContaining('bad_gateway') },
    })
    expect(JSON.stringify(result)).not.toContain('alert')
  })

  test('of a node that answers JSON that is none is a failure of the node, not of the call', async () => {
    router.answerWith('application/json', '[{"label":')
    const result = await call(TONE, { text: 'x' })
    router.answerWith('application/json', '[{"label":"good","score":1}]')
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/^bad_gateway: .*not valid JSON/) }],
    })
  })

  test.each(['text-classification_tome', 'tone', '__proto__', '', 'text-classification/tone'])(
    'of a tool that is not there is an error of the protocol: %j',
    async (name) => {
      const { body } = await ask('tools/call', { name, arguments: { text: 'x' } })
      expect(body.error).toMatchObject({
        code: -32_602,
        message: expect.stringContaining('no tool'),
      })
    },
  )
})

describe('find-capability', () => {
  test('finds a tool by words where the mesh has no embedder', async () => {
    const result = await call('find-capability', { query: 'what tone has this sentence?' })
    expect(result).toMatchObject({
      structuredContent: {
        how: 'lexical',
        results: [{ tool: TONE, capability: 'text-classification/tone', title: 'Tone' }],
      },
    })
  })

  test.each([{}, { query: '' }, { query: 'x'.repeat(1_001) }, { query: 'x', limit: 0 }])(
    'refuses %j',
    async (args) => {
      expect((await call('find-capability', args)).isError).toBe(true)
    },
  )
})
