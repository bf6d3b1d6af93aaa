/** The official client of OpenAI's API, unmodified, against the router. */
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  UnprocessableEntityError,
} from 'openai'
import { afterEach, describe, expect, inject, test } from 'vitest'

import { parseManifest } from '#shared/manifest.ts'

import embedderManifest from '../../workers/models/text-embedder/manifest.json' with { type: 'json' }
import { farModel } from '../fixtures/far-model.ts'

const mesh = inject('mesh')
const MODEL = 'text-embedder'
const SIZE = 100

const clientAt = (mount: string, options: { apiKey?: string; maxRetries?: number } = {}) =>
  new OpenAI({ baseURL: `${mesh.url}${mount}`, apiKey: mesh.inferKey, maxRetries: 0, ...options })

/** What the call was refused with. */
async function refusal(call: Promise<unknown>): Promise<InstanceType<typeof APIError>> {
  const err: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (err instanceof APIError) return err
  throw new Error('the call was not refused', { cause: err })
}

describe.each(['/v1', '/openai/v1'])('embeddings at %s', (mount) => {
  const client = clientAt(mount)

  test('come for one text, packed as the client asks by default', async () => {
    const { data, model, object, usage } = await client.embeddings.create({
      model: MODEL,
      input: 'A cat sat on the mat.',
    })
    expect([object, model, data.length]).toEqual(['list', MODEL, 1])
    expect(data[0]).toMatchObject({ object: 'embedding', index: 0 })
    expect(data[0]?.embedding).toHaveLength(SIZE)
    const length = Math.hypot(...(data[0]?.embedding ?? []))
    expect(length).toBeCloseTo(1, 5)
    // the model's vocabulary has no 'a'
    expect(usage).toEqual({ prompt_tokens: 5, total_tokens: 5 })
  })

  test('are the same as floats and packed', async () => {
    const input = 'interest rates of the central bank'
    const packed = await client.embeddings.create({ model: MODEL, input })
    const plain = await client.embeddings.create({ model: MODEL, input, encoding_format: 'float' })
    expect(packed.data[0]?.embedding).toEqual(plain.data[0]?.embedding)
  })

  test('of a list keep its order and are each those of the text alone', async () => {
    const input = ['a red apple', 'the stock market fell', 'a green pear']
    const { data, usage } = await client.embeddings.create({ model: MODEL, input })
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2])
    const alone = await Promise.all(
      input.map((text) => client.embeddings.create({ model: MODEL, input: text })),
    )
    expect(data.map(({ embedding }) => embedding)).toEqual(
      alone.map((answer) => answer.data[0]?.embedding),
    )
    const [fruit = [], market = [], other = []] = data.map(({ embedding }) => embedding)
    expect(dot(fruit, other)).toBeGreaterThan(dot(fruit, market))
    expect(usage.total_tokens).toBe(
      alone.reduce((sum, answer) => sum + answer.usage.total_tokens, 0),
    )
  })
})

describe('embeddings', () => {
  const client = clientAt('/v1')

  test('count the words that the model knows, each time it reads them', async () => {
    const count = async (input: string) =>
      (await client.embeddings.create({ model: MODEL, input })).usage.prompt_tokens
    expect(await count('bank')).toBe(1)
    expect(await count('bank bank, Bank!')).toBe(3)
    expect(await count('bank xqzzt')).toBe(1)
  })

  test.each([`${MODEL}@1`, 'feature-extraction/english'])(
    'take %s for the model',
    async (model) => {
      const answer = await client.embeddings.create({ model, input: 'a cat', user: 'somebody' })
      expect(answer.model).toBe(model)
      expect(answer.data[0]?.embedding).toHaveLength(SIZE)
    },
  )

  test('are of 2,048 texts at most, all in one call of one node', async () => {
    const input = Array.from({ length: 2048 }, (_, i) => `cat number ${i}`)
    const { data, response } = await client.embeddings
      .create({ model: MODEL, input, encoding_format: 'float' })
      .withResponse()
    expect(data.data).toHaveLength(2048)
    const route = response.headers.get('mesh-route')?.split(', ') ?? []
    // a list takes longer than this node usually does, so another may be asked besides, and cancelled
    const others = route.filter((attempt) => !attempt.includes(';cancelled;'))
    expect(others).toEqual([expect.stringMatching(/;ok;[\d.]+ms/)])
    const err = await refusal(client.embeddings.create({ model: MODEL, input: [...input, 'more'] }))
    expect(err).toBeInstanceOf(BadRequestError)
    expect(err).toMatchObject({ param: 'input', message: expect.stringContaining('2049') })
  })

  test('take dimensions that are the model’s own and refuse others', async () => {
    const own = await client.embeddings.create({ model: MODEL, input: 'cat', dimensions: SIZE })
    expect(own.data[0]?.embedding).toHaveLength(SIZE)
    const err = await refusal(
      client.embeddings.create({ model: MODEL, input: 'cat', dimensions: 64 }),
    )
    expect(err).toBeInstanceOf(BadRequestError)
    expect(err).toMatchObject({ param: 'dimensions', message: expect.stringContaining('100') })
  })

  test.each<[string, string | string[] | number[] | number[][], RegExp]>([
    ['an empty text', '', /empty/],
    ['an empty list', [], /0 texts/],
    ['an empty text in a list', ['cat', ''], /input\[1\]/],
    ['token ids', [1, 2, 3], /token ids/],
    ['lists of token ids', [[1, 2], [3]], /token ids/],
  ])('of %s are refused, with the field', async (_, input, message) => {
    const err = await refusal(client.embeddings.create({ model: MODEL, input }))
    expect(err).toBeInstanceOf(BadRequestError)
    expect(err).toMatchObject({ type: 'invalid_request_error', param: 'input' })
    expect(err.message).toMatch(message)
  })

  test('name the text that the model cannot read', async () => {
    const err = await refusal(
      client.embeddings.create({ model: MODEL, input: ['cat', 'dog', 'xqzzt'] }),
    )
    expect(err).toBeInstanceOf(UnprocessableEntityError)
    expect(err).toMatchObject({ param: 'input', code: 'invalid_input' })
    expect(err.message).toContain('inputs[2]')
  })

  test('refuse texts beyond the model’s limit together', async () => {
    const input = Array.from({ length: 300 }, () => 'cat '.repeat(250))
    const err = await refusal(client.embeddings.create({ model: MODEL, input }))
    expect([err.status, err.code]).toEqual([413, 'payload_too_large'])
  })

  test('refuse a field that they do not know by its name', async () => {
    const body = { model: MODEL, input: 'cat', input_type: 'query' }
    const err = await refusal(client.embeddings.create(body))
    expect(err).toMatchObject({ status: 400, param: 'input_type' })
  })

  test('of a model for something else are refused, with what it is for', async () => {
    const err = await refusal(client.embeddings.create({ model: 'language-id', input: 'cat' }))
    expect(err).toBeInstanceOf(BadRequestError)
    expect(err).toMatchObject({ param: 'model', code: 'invalid_request' })
    expect(err.message).toContain('text-classification/language')
  })

  test.each(['text-embeder', 'text-embedder@9', 'feature-extraction/klingon'])(
    'of a model that is not there are not found: %s',
    async (model) => {
      const err = await refusal(client.embeddings.create({ model, input: 'cat' }))
      expect(err).toBeInstanceOf(NotFoundError)
      expect(err).toMatchObject({ code: 'model_not_found', param: 'model' })
    },
  )
})

describe('models', () => {
  const client = clientAt('/v1')

  test('are listed, each since it was registered', async () => {
    const { data } = await client.models.list()
    const embedder = data.find(({ id }) => id === MODEL)
    expect(embedder).toMatchObject({ object: 'model', owned_by: 'capillary' })
    const age = Date.now() / 1_000 - (embedder?.created ?? 0)
    expect(age).toBeGreaterThanOrEqual(0)
    expect(age).toBeLessThan(3_600)
  })

  test.each([MODEL, `${MODEL}@1`, 'feature-extraction/english'])(
    '%s is found by its name',
    async (id) => {
      expect(await client.models.retrieve(id)).toMatchObject({
        id,
        object: 'model',
        created: expect.any(Number),
        capability: 'feature-extraction/english',
      })
    },
  )

  test('one that is not there is not found', async () => {
    const err = await refusal(client.models.retrieve('gpt-4o'))
    expect(err).toBeInstanceOf(NotFoundError)
    expect(err).toMatchObject({
      code: 'model_not_found',
      param: 'model',
      type: 'invalid_request_error',
    })
  })
})

describe('an error', () => {
  test('of a wrong key is an authentication error, with the request’s id', async () => {
    const err = await refusal(clientAt('/v1', { apiKey: `cap_${'x'.repeat(43)}` }).models.list())
    expect(err).toBeInstanceOf(AuthenticationError)
    expect(err.code).toBe('invalid_api_key')
    expect(err.requestID).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('of a key that may not infer is a permission error', async () => {
    const client = clientAt('/v1', { apiKey: mesh.adminKey })
    const err = await refusal(client.embeddings.create({ model: MODEL, input: 'cat' }))
    expect(err).toBeInstanceOf(PermissionDeniedError)
  })

  test('of what the mesh has nothing of is OpenAI’s too, under both mounts', async () => {
    for (const mount of ['/v1', '/openai/v1']) {
      const client = clientAt(mount)
      const err = await refusal(
        client.chat.completions.create({
          model: MODEL,
          messages: [{ role: 'user', content: 'hi' }],
        }),
      )
      expect(err).toBeInstanceOf(NotFoundError)
      expect(err.error).toMatchObject({ code: 'not_found', type: 'invalid_request_error' })
    }
    const response = await fetch(`${mesh.url}/v1/embeddings`)
    expect(response.status).toBe(405)
    expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed' } })
  })
})

describe('a node that fails', () => {
  const manifest = parseManifest(
    { ...embedderManifest, id: 'far-embedder', capability: 'feature-extraction/far' },
    'far',
  )
  const far = farModel(mesh, manifest)
  afterEach(() => far.remove())

  test('is asked again after the time the router says, and then answers', async () => {
    const { received } = await far.deploy((response, count) => {
      // no 503, which the router itself would look past
      if (count <= 2) return response.writeHead(500).end()
      return response.writeHead(200, { 'content-type': 'application/json' }).end('[[0.5,0.25]]')
    })
    const started = Date.now()
    const client = clientAt('/v1', { maxRetries: 2 })
    const { data, usage } = await client.embeddings.create({ model: manifest.id, input: 'cat' })
    expect(data[0]?.embedding).toEqual([0.5, 0.25])
    expect(received).toHaveLength(3)
    // the client’s own first pauses are 0.5 and 1 second, less up to a quarter
    expect(Date.now() - started).toBeGreaterThan(1_900)
    // this one counts no tokens, and none are made up
    expect(usage).toBeUndefined()
  })

  test('is given up after the client’s tries, as a server error', async () => {
    const { received } = await far.deploy((response) => response.writeHead(500).end())
    const client = clientAt('/v1', { maxRetries: 1 })
    const err = await refusal(client.embeddings.create({ model: manifest.id, input: 'cat' }))
    expect(err).toBeInstanceOf(InternalServerError)
    expect(err.headers?.get('retry-after-ms')).toBe('1000')
    expect(err.headers?.get('x-should-retry')).toBe('true')
    expect(received).toHaveLength(2)
  })

  test.each(['[[0.5],[0.25]]', '[0.5]', '{"embedding":[1]}', '[]'])(
    'answers nonsense, which is no embedding: %s',
    async (nonsense) => {
      await far.deploy((response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(nonsense),
      )
      const client = clientAt('/v1')
      const err = await refusal(client.embeddings.create({ model: manifest.id, input: 'cat' }))
      expect([err.status, err.code]).toEqual([502, 'bad_gateway'])
    },
  )

  test('is too slow: the deadline passes and the client does not try again', async () => {
    const { received } = await far.deploy(() => {})
    const client = clientAt('/v1', { maxRetries: 2 })
    const err = await refusal(
      client.embeddings.create(
        { model: manifest.id, input: 'cat' },
        { headers: { 'mesh-deadline-ms': '300' } },
      ),
    )
    expect([err.status, err.code]).toEqual([504, 'deadline_exceeded'])
    expect(received).toHaveLength(1)
  })
})

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
}
