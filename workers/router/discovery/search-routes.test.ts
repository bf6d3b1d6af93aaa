import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { modelEntry } from '../registry-fixture.ts'
import { startTestRouter, TONE, type TestRouter } from '../start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

const Found = z.object({
  results: z.array(
    z.looseObject({ identifier: z.string(), type: z.string(), score: z.int(), source: z.url() }),
  ),
  referrals: z.array(z.unknown()).optional(),
  pageToken: z.string().optional(),
})

function post(path: string, body: unknown, key = router.inferKey) {
  return router.send(path, {
    method: 'POST',
    key,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

async function search(query: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const { status, body, headers } = await post('/search', { query, ...more })
  expect(status, JSON.stringify(body)).toBe(200)
  return { ...Found.parse(body), how: headers.get('mesh-search') }
}

/** A capability of its own, placed on the far node. */
async function offer(id: string, overrides: Parameters<typeof modelEntry>[0] = {}) {
  const { manifest } = modelEntry({ id, capability: `text-classification/${id}`, ...overrides })
  expect((await router.admin('POST', '/models', { manifest })).status).toBe(201)
  const placed = await router.admin('POST', '/deployments', router.place({ model: id }))
  expect(placed.status).toBe(201)
  return async () => {
    await router.admin('DELETE', `/deployments/${encodeURIComponent(String(placed.body.id))}`)
    await router.admin('DELETE', `/models/${id}`)
  }
}

describe('a search', () => {
  test('needs a key that infers, and says so in the shape of the protocol', async () => {
    const none = await post('/search', { query: { text: 'tone' } }, '')
    expect([none.status, none.body.errorCode]).toEqual([401, 'UNAUTHENTICATED'])
    expect(none.headers.get('www-authenticate')).toContain('Bearer')
    const { body } = await router.admin('POST', '/keys', { name: 'other', scopes: ['admin'] })
    const wrong = await post('/search', { query: { text: 'tone' } }, String(body.key))
    expect([wrong.status, wrong.body.errorCode]).toEqual([403, 'PERMISSION_DENIED'])
  })

  test('finds by words where there is no embedder, the capability before what leads to it', async () => {
    const { results, how, referrals } = await search({ text: 'the tone of a sentence' })
    expect(how).toBe('lexical')
    expect(results[0]?.identifier).toMatch(/^urn:air:[\w.-]+:capability:text-classification:tone$/)
    expect(results[0]).toMatchObject({ metadata: { path: `/infer/${TONE}` } })
    expect(results.every(({ score }) => score >= 0 && score <= 100)).toBe(true)
    expect(referrals).toBeUndefined()
    expect(JSON.stringify(results)).not.toContain('127.0.0.1:1')
  })

  test('narrows by fields of the entries, also nested ones', async () => {
    const byType = await search({
      text: 'tone',
      filter: { type: ['application/mcp-server-card+json'] },
    })
    expect(byType.results.map(({ type }) => type)).toEqual(['application/mcp-server-card+json'])
    const nested = await search({ text: 'tone', filter: { 'metadata.path': `/infer/${TONE}` } })
    expect(nested.results).toHaveLength(1)
    for (const path of ['constructor.name', '__proto__.a', 'nothing.here', 'tags.length']) {
      const { results } = await search({ text: 'tone', filter: { [path]: 'Object' } })
      expect(results, path).toEqual([])
    }
  })

  test('comes in pages that follow each other', async () => {
    const whole = await search({ text: 'tone' }, { pageSize: 100 })
    const first = await search({ text: 'tone' }, { pageSize: 1 })
    const second = await search({ text: 'tone' }, { pageSize: 100, pageToken: first.pageToken })
    expect([...first.results, ...second.results]).toEqual(whole.results)
    expect(whole.pageToken).toBeUndefined()
  })

  test('knows no other registry to ask', async () => {
    expect((await search({ text: 'tone' }, { federation: 'referrals' })).referrals).toEqual([])
    expect((await search({ text: 'tone' }, { federation: 'none' })).referrals).toBeUndefined()
  })

  test('finds nothing where nothing fits', async () => {
    expect((await search({ text: 'zzyzx' })).results).toEqual([])
    expect((await search({ text: '!?…' })).results).toEqual([])
  })

  test('takes what has a meaning to the index for words', async () => {
    for (const text of [
      'tone OR',
      '"tone',
      'NEAR(tone',
      'title:tone',
      'tone*',
      "' OR 1=1 --",
      '"',
    ]) {
      const { how } = await search({ text })
      expect(how, text).toBe('lexical')
    }
  })

  test('finds what was just registered, by its labels too, and nothing that is gone', async () => {
    const withdraw = await offer('pitch', { title: 'Pitch', labels: ['falsetto', 'baritone'] })
    const before = await search({ text: 'baritone' })
    expect(before.results[0]?.identifier).toContain(':text-classification:pitch')
    await withdraw()
    expect((await search({ text: 'baritone' })).results).toEqual([])
  })

  test('goes on by words in memory when the index is gone, and says so', async () => {
    const database = await router.database()
    await database.exec('alter table model_search rename to model_search_away')
    const { results, how } = await search({ text: 'tones of sentences' })
    await database.exec('alter table model_search_away rename to model_search')
    expect(how).toBe('memory')
    expect(results[0]?.identifier).toContain(':text-classification:tone')
    expect((await search({ text: 'tone' })).how).toBe('lexical')
  })

  test.each([
    ['no JSON', '{'],
    ['no query', {}],
    ['no text', { query: {} }],
    ['an empty text', { query: { text: '  ' } }],
    ['too long a text', { query: { text: 'x'.repeat(1_001) } }],
    ['a field it does not know', { query: { text: 'x' }, extra: 1 }],
    ['a page of nothing', { query: { text: 'x' }, pageSize: 0 }],
    ['too large a page', { query: { text: 'x' }, pageSize: 101 }],
    ['a token it did not give', { query: { text: 'x' }, pageToken: '-1' }],
    ['another federation', { query: { text: 'x' }, federation: 'all' }],
    ['a filter of numbers', { query: { text: 'x', filter: { type: 1 } } }],
    [
      'a filter of too many fields',
      {
        query: {
          text: 'x',
          filter: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`f${i}`, 'x'])),
        },
      },
    ],
  ])('with %s is refused', async (_, body) => {
    const { status, body: error } = await post('/search', body)
    expect([status, error.errorCode, typeof error.message]).toEqual([
      400,
      'INVALID_ARGUMENT',
      'string',
    ])
  })

  test('above 64 KiB is refused', async () => {
    const { status, body } = await post('/search', ' '.repeat(70_000))
    expect([status, body.errorCode]).toEqual([413, 'INVALID_ARGUMENT'])
  })

  test('by another method is refused', async () => {
    const { status, headers, body } = await router.send('/search', { key: router.inferKey })
    expect([status, headers.get('allow'), body.errorCode]).toEqual([
      405,
      'POST',
      'METHOD_NOT_ALLOWED',
    ])
  })
})

describe('by meaning', () => {
  let withdraw: () => Promise<void>
  beforeAll(async () => {
    withdraw = await offer('english', {
      capability: 'feature-extraction/english',
      title: 'Embedding',
      description: 'Gives numbers.',
    })
  })
  afterAll(() => withdraw())

  test('it compares embeddings, whether or not a word is shared', async () => {
    router.answerWith('application/json', '[0.6,0.8]')
    const { results, how } = await search({ text: 'zzyzx' })
    expect(how).toBe('semantic')
    expect(results[0]?.score).toBe(77) // the cosine 1 of 1.3, which a match by words would fill up
  })

  test('the documents are embedded once, the query each time', async () => {
    await search({ text: 'one' })
    router.received.length = 0
    await search({ text: 'two' })
    expect(router.received.map(({ body }) => new TextDecoder().decode(body))).toEqual(['two'])
  })

  test.each([
    ['no JSON', 'text/html', '<p>'],
    ['no numbers', 'application/json', '["a"]'],
    ['nothing', 'application/json', '[]'],
    ['several', 'application/json', '[[1],[2]]'],
  ])('it falls back on words when the embedder answers %s', async (_, type, body) => {
    router.answerWith(type, body)
    const { results, how } = await search({ text: 'tone' })
    router.answerWith('application/json', '[0.6,0.8]')
    expect(how).toBe('lexical')
    expect(results[0]?.identifier).toContain(':tone')
  })
})

describe('facets', () => {
  test('count the values of a field, without a key', async () => {
    const { status, body } = await post(
      '/explore',
      { query: { text: 'tone' }, resultType: { facets: [{ field: 'tags' }, { field: 'none' }] } },
      '',
    )
    expect(status).toBe(200)
    expect(body).toEqual({
      resultType: 'facets',
      facets: {
        tags: {
          buckets: [
            { value: 'text-classification', count: 1 },
            { value: 'tone', count: 1 },
          ],
          otherCount: 0,
        },
        none: { buckets: [], otherCount: 0 },
      },
    })
  })

  test('beyond the limit are counted together, rare ones not at all', async () => {
    const { body } = await post('/explore', {
      resultType: {
        facets: [
          { field: 'tags', limit: 1 },
          { field: 'type', minCount: 2 },
        ],
      },
    })
    expect(body.facets).toMatchObject({
      tags: { buckets: [{ value: 'service', count: 4 }], otherCount: 2 },
      type: { buckets: [{ count: 2 }] },
    })
  })

  test.each([{}, { resultType: { facets: [] } }, { resultType: { facets: [{ field: '' }] } }])(
    'are refused for %j',
    async (body) => {
      expect((await post('/explore', body)).body.errorCode).toBe('INVALID_ARGUMENT')
    },
  )
})

describe('the list', () => {
  test('comes in pages and needs no key', async () => {
    const first = await router.send('/agents?pageSize=2', { key: '' })
    expect(first.body).toMatchObject({ total: 5, pageToken: '2' })
    const rest = await router.send('/agents?pageToken=2', { key: '' })
    expect(rest.body).not.toHaveProperty('pageToken')
    expect(rest.body.items).toHaveLength(3)
  })

  test.each(['pageSize=0', 'pageSize=x', 'pageToken=x', "filter=type='a'", 'orderBy=type'])(
    'does not ignore what it can not do: %s',
    async (query) => {
      const { status, body } = await router.send(`/agents?${query}`, { key: '' })
      expect([status, body.errorCode]).toEqual([400, 'INVALID_ARGUMENT'])
    },
  )

  test('is looked up by identifier, exactly', async () => {
    const { body } = await router.send('/agents', { key: '' })
    const items = z.array(z.looseObject({ identifier: z.string() })).parse(body.items)
    for (const item of items) {
      const found = await router.send(`/agents/${encodeURIComponent(item.identifier)}`, { key: '' })
      expect(found.body).toEqual(item)
    }
  })

  test.each([
    ['urn:air:nowhere.invalid:probe:not-found', 404, 'NOT_FOUND'],
    ['not-a-urn', 400, 'INVALID_ARGUMENT'],
    [`urn:air:${'a'.repeat(300)}:x`, 400, 'INVALID_ARGUMENT'],
  ])('has no %s', async (identifier, status, errorCode) => {
    const answer = await router.send(`/agents/${encodeURIComponent(identifier)}`, { key: '' })
    expect([answer.status, answer.body.errorCode]).toEqual([status, errorCode])
  })
})

describe('the well-known documents', () => {
  const paths = ['agent-card.json', 'ai-catalog.json', 'ard.json'].map(
    (name) => `/.well-known/${name}`,
  )

  test.each(paths)('%s is public and says nothing of where nodes are', async (path) => {
    const { status, headers, body } = await router.send(path, { key: '' })
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json'])
    const target = String(router.place().target)
    expect(JSON.stringify(body)).not.toContain(target)
    expect(JSON.stringify(body)).not.toContain('far')
  })

  test.each(paths)('%s is sent again only when it changed', async (path) => {
    const first = await router.send(path, { key: '' })
    expect(first.headers.get('cache-control')).toBe('public, max-age=60')
    const etag = String(first.headers.get('etag'))
    const again = () => router.send(path, { key: '', headers: { 'if-none-match': etag } })
    expect([(await again()).status, (await again()).bytes.length]).toEqual([304, 0])
    const withdraw = await offer('mood')
    expect((await again()).status).toBe(200)
    await withdraw()
    expect((await again()).status).toBe(304)
  })
})
