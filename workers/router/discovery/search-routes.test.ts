import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { startTestRouter, TONE, type TestRouter } from '../start-test-router.ts'
import { offer, search } from './discovery-fixture.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

function post(path: string, body: unknown, key = router.inferKey) {
  return router.send(path, {
    method: 'POST',
    key,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
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
    const { results, how, referrals } = await search(router, { text: 'the tone of a sentence' })
    expect(how).toBe('lexical')
    expect(results[0]?.identifier).toMatch(/^urn:air:[\w.-]+:capability:text-classification:tone$/)
    expect(results[0]).toMatchObject({ metadata: { path: `/infer/${TONE}` } })
    expect(results.every(({ score }) => score >= 0 && score <= 100)).toBe(true)
    expect(referrals).toBeUndefined()
    expect(JSON.stringify(results)).not.toContain('127.0.0.1:1')
  })

  test('narrows by fields of the entries, also nested ones', async () => {
    const byType = await search(router, {
      text: 'tone',
      filter: { type: ['application/mcp-server-card+json'] },
    })
    expect(byType.results.map(({ type }) => type)).toEqual(['application/mcp-server-card+json'])
    const nested = await search(router, {
      text: 'tone',
      filter: { 'metadata.path': `/infer/${TONE}` },
    })
    expect(nested.results).toHaveLength(1)
    for (const path of ['constructor.name', '__proto__.a', 'nothing.here', 'tags.length']) {
      const { results } = await search(router, { text: 'tone', filter: { [path]: 'Object' } })
      expect(results, path).toEqual([])
    }
  })

  test('comes in pages that follow each other', async () => {
    const whole = await search(router, { text: 'tone' }, { pageSize: 100 })
    const first = await search(router, { text: 'tone' }, { pageSize: 1 })
    const second = await search(
      router,
      { text: 'tone' },
      { pageSize: 100, pageToken: first.pageToken },
    )
    expect([...first.results, ...second.results]).toEqual(whole.results)
    expect(whole.pageToken).toBeUndefined()
  })

  test('knows no other registry to ask', async () => {
    expect((await search(router, { text: 'tone' }, { federation: 'referrals' })).referrals).toEqual(
      [],
    )
    expect(
      (await search(router, { text: 'tone' }, { federation: 'none' })).referrals,
    ).toBeUndefined()
  })

  test('finds nothing where nothing fits', async () => {
    expect((await search(router, { text: 'zzyzx' })).results).toEqual([])
    expect((await search(router, { text: '!?…' })).results).toEqual([])
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
      const { how } = await search(router, { text })
      expect(how, text).toBe('lexical')
    }
  })

  test('finds what was just registered, by its labels too, and nothing that is gone', async () => {
    const withdraw = await offer(router, 'pitch', {
      title: 'Pitch',
      labels: ['falsetto', 'baritone'],
    })
    const before = await search(router, { text: 'baritone' })
    expect(before.results[0]?.identifier).toContain(':text-classification:pitch')
    await withdraw()
    expect((await search(router, { text: 'baritone' })).results).toEqual([])
  })

  test('goes on by words in memory when the index is gone, and says so', async () => {
    const database = await router.database()
    await database.exec('alter table model_search rename to model_search_away')
    const { results, how } = await search(router, { text: 'tones of sentences' })
    await database.exec('alter table model_search_away rename to model_search')
    expect(how).toBe('memory')
    expect(results[0]?.identifier).toContain(':text-classification:tone')
    expect((await search(router, { text: 'tone' })).how).toBe('lexical')
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

  test('that are wrong in thousands of ways are refused in a few words', async () => {
    const facets = Array.from({ length: 4_000 }, () => ({}))
    const filter = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`key${i}`, 1]))
    const unknown = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`key${i}`, 1]))
    for (const body of [{ resultType: { facets } }, { query: { filter } }, unknown]) {
      const { status, bytes } = await post('/explore', body, '')
      expect(status).toBe(400)
      expect(bytes.length).toBeLessThan(2_000)
    }
    expect((await post('/explore', 'x'.repeat(17_000), '')).status).toBe(413)
  })
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
