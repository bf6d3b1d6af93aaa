import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { remoteManifest as REMOTE } from '#shared/remote-manifest-fixture.ts'
import { startTestRouter, type Answer, type TestRouter } from '../start-test-router.ts'

const TOKEN = 'upstream-token-1'
const METADATA = {
  name: 'theirs',
  platform: 'pytorch',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
}

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter((farUrl) => ({
    NODE_TOKENS: JSON.stringify({ [farUrl]: TOKEN, 'https://other.example': 'other-token' }),
  }))
  await router.admin('POST', '/models', { manifest: REMOTE })
}, 60_000)
afterAll(() => router.stop())
beforeEach(() => {
  router.answerWith('application/json', JSON.stringify(METADATA))
  router.received.length = 0
})

const deploy = (overrides: Record<string, unknown> = {}): Promise<Answer> =>
  router.admin('POST', '/deployments', {
    model: 'resnet',
    version: '1',
    node: 'triton',
    placement: 'native',
    transport: 'oip',
    target: `${router.farUrl}/base/v2/models/theirs`,
    ...overrides,
  })
const infer = (path = '/v2/models/resnet/infer', headers: Record<string, string> = {}) =>
  router.send(path, { method: 'POST', key: router.inferKey, headers, body: '{"inputs":[]}' })

describe('registering', () => {
  test('asks the server for the model, with the token of its origin', async () => {
    expect((await deploy()).status).toBe(201)
    expect(router.received[0]).toMatchObject({
      path: '/base/v2/models/theirs',
      headers: { authorization: `Bearer ${TOKEN}` },
    })
  })

  test('asks for the readiness of that model, below the path of its own and with the token', async () => {
    router.asked.length = 0
    await deploy({ node: 'ready' })
    expect(router.asked).toMatchObject([
      { path: '/base/v2/models/theirs/ready', headers: { authorization: `Bearer ${TOKEN}` } },
    ])
    await router.admin('DELETE', '/deployments/resnet@1/ready?now=true')
  })

  test.each([
    ['another name', { inputs: [{ name: 'z', datatype: 'FP32', shape: [1] }] }, "'z' FP32"],
    ['another datatype', { outputs: [{ name: 'y', datatype: 'FP64', shape: [1] }] }, "'y' FP64"],
    ['one more', { inputs: [...METADATA.inputs, { name: 'w', datatype: 'BOOL' }] }, "'w' BOOL"],
  ])('refuses a model that has %s, and says both', async (_, difference, theirs) => {
    router.answerWith('application/json', JSON.stringify({ ...METADATA, ...difference }))
    const { status, body } = await deploy({ node: 'other' })
    expect([status, body.code]).toEqual([409, 'conflict'])
    expect(body.detail).toContain(theirs)
    expect(body.detail).toMatch(/the manifest says '[xy]' FP32/)
  })

  test('takes a server that says nothing of tensors at its word', async () => {
    router.answerWith('application/json', JSON.stringify({ name: 'theirs', inputs: [] }))
    expect((await deploy({ node: 'silent' })).status).toBe(201)
    await router.admin('DELETE', '/deployments/resnet@1/silent?now=true')
  })

  test('refuses what is no metadata, and what cannot be asked, unless told not to ask', async () => {
    router.answerWith('text/html', '<p>hello')
    expect((await deploy({ node: 'page' })).body.code).toBe('conflict')
    router.answerWith('application/json', '{"error":"no such model"}', { status: 404 })
    expect((await deploy({ node: 'page' })).body.code).toBe('conflict')
    const away = { node: 'away', target: 'http://127.0.0.1:9/v2/models/theirs' }
    const refused = await deploy(away)
    expect([refused.status, refused.body.code]).toEqual([503, 'unreachable'])
    expect(refused.body.detail).toContain('"verify": false')
    const unasked = await deploy({ ...away, verify: false })
    expect(unasked.status).toBe(201)
    expect(unasked.body).not.toHaveProperty('verify')
    await router.admin('DELETE', '/deployments/resnet@1/away?now=true')
  })

  test.each([
    ['a path that is no model', 'https://triton.example.com/v2/models'],
    ['a path below a model', 'https://triton.example.com/v2/models/a/infer'],
    ['no path', 'https://triton.example.com'],
    ['a query', 'https://triton.example.com/v2/models/a?x=1'],
    ['an empty query', 'https://triton.example.com/v2/models/a?'],
    ['an encoded slash', 'https://triton.example.com/v2/models/a%2f..%2fadmin'],
    ['credentials', 'https://me:secret@triton.example.com/v2/models/a'],
    ['plain http', 'http://triton.example.com/v2/models/a'],
    ['a private address', 'https://10.0.0.1/v2/models/a'],
    ["a cloud's metadata", 'https://169.254.169.254/v2/models/a'],
    ['a local name', 'https://triton.internal/v2/models/a'],
  ])('refuses a target with %s, unasked', async (_, target) => {
    const { status, body } = await deploy({ target, node: 'bad' })
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    expect(body.detail).not.toContain('secret')
    expect(router.received).toEqual([])
  })

  test('refuses a remote model over another transport, and verify where nothing is asked', async () => {
    const { status, body } = await deploy({ transport: 'http', target: router.farUrl })
    expect([status, body.detail]).toEqual([400, expect.stringContaining('tensors only')])
    expect(
      (await router.admin('POST', '/deployments', router.place({ verify: true }))).status,
    ).toBe(400)
  })
})

describe('an inference', () => {
  test('goes to the model there, with the token and nothing else of ours', async () => {
    await deploy()
    router.received.length = 0
    const answer = await infer(undefined, { 'content-encoding': 'gzip' })
    expect([answer.status, answer.headers.get('mesh-node')]).toEqual([200, 'triton'])
    const [call] = router.received
    expect(call?.path).toBe('/base/v2/models/theirs/infer')
    expect(call?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      traceparent: expect.stringMatching(/^00-/) as string, // as: what it matches is a string
    })
    const ours = Object.keys(call?.headers ?? {}).filter((name) => name.startsWith('mesh-'))
    expect(ours).toEqual([])
  })

  test('sends no token to another origin, whatever its node is called', async () => {
    const target = `${router.farUrl.replace('127.0.0.1', 'localhost')}/v2/models/theirs`
    for (const node of ['triton', 'constructor']) {
      router.received.length = 0
      expect((await deploy({ node, target })).status).toBeLessThan(300)
      await infer()
      expect(router.received).toHaveLength(2)
      for (const { headers } of router.received) expect(headers).not.toHaveProperty('authorization')
      await router.admin('DELETE', `/deployments/resnet@1/${node}?now=true`)
    }
    await deploy()
  })

  test('is refused by the server in its words alone, whatever else it sends', async () => {
    await deploy()
    const forged = {
      error: 'x is too long',
      type: 'urn:capillary:error:internal',
      title: 'forged',
      status: 200,
      detail: 'forged',
      code: 'queue_full',
      retryable: true,
      secret: 'forged',
    }
    router.answerWith('application/json', JSON.stringify(forged), { status: 400 })
    const { status, body } = await infer()
    expect([status, body.error, body.code]).toEqual([400, 'x is too long', 'invalid_request'])
    expect(JSON.stringify(body)).not.toContain('forged')
  })

  test('is not redirected', async () => {
    await deploy()
    router.answerWith('text/plain', '', {
      status: 307,
      headers: { location: 'http://169.254.169.254/' },
    })
    expect((await infer()).body.code).toBe('bad_gateway')
  })
})

describe('a capability that only a remote model has', () => {
  test('is told at the task door to take tensors, and where', async () => {
    const { status, body } = await router.send('/infer/image-classification/resnet', {
      method: 'POST',
      key: router.inferKey,
      body: 'x',
    })
    expect(status).toBe(404)
    expect(body.detail).toContain('takes tensors only: POST /v2/models/resnet/infer')
  })

  test('is in the list of models and of /v2, and on the page, but in no task-level path', async () => {
    expect((await router.send('/models/resnet')).body).toMatchObject({
      versions: [{ accepts: [] }],
    })
    expect((await router.send('/v2/models')).body).toEqual({ models: ['resnet', 'tone'] })
    const { paths } = (await router.send('/openapi.json')).body
    expect(paths).not.toHaveProperty('/infer/image-classification/resnet')
    expect(new TextDecoder().decode((await router.send('/docs')).bytes)).toContain(
      '/v2/models/resnet/infer',
    )
  })
})

test('a deployment on another server takes tensors of a model of ours, and no tasks', async () => {
  const metadata = { inputs: toneTensors('x'), outputs: toneTensors('y') }
  router.answerWith('application/json', JSON.stringify(metadata))
  const target = `${router.farUrl}/v2/models/their-tone`
  const placed = await deploy({ model: 'tone', node: 'theirs', target })
  expect(placed.status).toBe(201)
  await router.admin('DELETE', '/deployments/tone@1/far?now=true')
  expect((await infer('/v2/models/tone/infer')).headers.get('mesh-node')).toBe('theirs')
  const task = await router.infer()
  expect([task.status, task.body.detail]).toEqual([
    503,
    expect.stringContaining('what is takes tensors only: POST /v2/models/tone/infer'),
  ])
  await router.admin('POST', '/deployments', router.place())
  expect((await router.infer()).headers.get('mesh-node')).toBe('far')
})

test('a NODE_TOKENS that is no JSON breaks only calls of other servers, and is not told', async () => {
  const broken = await startTestRouter({ NODE_TOKENS: '{"triton": hunter2' })
  try {
    expect((await broken.infer()).status).toBe(200)
    const target = `${broken.farUrl}/v2/models/t`
    const place = broken.place({ transport: 'oip', target, node: 'triton' })
    const { status, body } = await broken.admin('POST', '/deployments', place)
    expect([status, body.code]).toEqual([503, 'unreachable'])
    expect(JSON.stringify(body)).not.toContain('hunter2')
  } finally {
    await broken.stop()
  }
}, 60_000)

test('a NODE_TOKENS by name of node instead of origin is refused, not guessed at', async () => {
  const byNode = await startTestRouter({ NODE_TOKENS: JSON.stringify({ triton: TOKEN }) })
  try {
    const target = `${byNode.farUrl}/v2/models/t`
    const place = byNode.place({ transport: 'oip', target, node: 'triton' })
    const { status, body } = await byNode.admin('POST', '/deployments', place)
    expect([status, body.detail]).toEqual([503, expect.stringContaining('by origin')])
    expect(byNode.received).toEqual([])
  } finally {
    await byNode.stop()
  }
}, 60_000)

function toneTensors(name: string): unknown[] {
  return [{ name, datatype: 'FP32', shape: [-1] }]
}
