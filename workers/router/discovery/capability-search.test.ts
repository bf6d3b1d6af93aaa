import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { MeshError } from '#shared/mesh-error.ts'
import { toProblem } from '#shared/problem.ts'

import { startTestRouter, type TestRouter } from '../start-test-router.ts'
import { offer, search } from './discovery-fixture.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

describe('a search by meaning', () => {
  let withdraw: () => Promise<void>
  beforeAll(async () => {
    withdraw = await offer(router, 'english', {
      capability: 'feature-extraction/english',
      title: 'Embedding',
      description: 'Gives numbers.',
    })
  })
  afterAll(() => withdraw())

  test('compares embeddings, whether or not a word is shared', async () => {
    router.answerWith('application/json', '[0.6,0.8]')
    const { results, how } = await search(router, { text: 'zzyzx' })
    expect(how).toBe('semantic')
    expect(results[0]?.score).toBe(77) // the cosine 1 of 1.3, which a match by words would fill up
  })

  test('embeds the documents once, the query each time', async () => {
    await search(router, { text: 'one' })
    router.received.length = 0
    await search(router, { text: 'two' })
    expect(router.received.map(({ body }) => new TextDecoder().decode(body))).toEqual(['two'])
  })

  test('embeds a document once, however many search at the same time', async () => {
    const away = await offer(router, 'fresh', { title: 'Fresh', description: 'As nothing before.' })
    router.received.length = 0
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => search(router, { text })))
    await away()
    const bodies = router.received.map(({ body }) => new TextDecoder().decode(body))
    expect(bodies.filter((text) => text.includes('As nothing before.'))).toHaveLength(1)
  })

  test('leaves out a document that its embedder refuses, and embeds the rest', async () => {
    const seen: string[] = []
    const node = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => {
        seen.push(text)
        const refused = text.includes('Refused')
        const body = refused ? toProblem(new MeshError('payload_too_large', 'no')) : [0.6, 0.8]
        const type = refused ? 'application/problem+json' : 'application/json'
        response.writeHead(refused ? 413 : 200, { 'content-type': type }).end(JSON.stringify(body))
      })
    })
    await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve))
    const { port } = node.address() as AddressInfo // as: it listens on a port
    const target = `http://127.0.0.1:${port}`
    const place = router.place({ model: 'english', node: 'choosy', target, state: 'ready' })
    expect((await router.admin('POST', '/deployments', place)).status).toBe(201)
    await router.admin('PATCH', '/deployments/english@1/far', { state: 'draining' })
    // more than there are connections at once: each would have stopped at one
    const offers = Array.from({ length: 8 }, (_, i) =>
      offer(router, `a-refused-${i}`, { description: `Refused, the ${i}.` }),
    )
    const withdrawals = await Promise.all(offers)
    withdrawals.push(await offer(router, 'z-last', { description: 'The last one.' }))
    const { how } = await search(router, { text: 'one' })
    expect(how).toBe('semantic')
    expect(seen.some((text) => text.includes('The last one.'))).toBe(true)
    seen.length = 0
    await search(router, { text: 'two' })
    expect(seen).toEqual(['two'])
    for (const takeBack of withdrawals) await takeBack()
    await router.admin('DELETE', '/deployments/english@1/choosy?now=true')
    await router.admin('PATCH', '/deployments/english@1/far', { state: 'ready' })
    node.close()
  })

  test.each([
    ['no JSON', 'text/html', '<p>'],
    ['no numbers', 'application/json', '["a"]'],
    ['nothing', 'application/json', '[]'],
    ['several', 'application/json', '[[1],[2]]'],
  ])('falls back on words when the embedder answers %s', async (_, type, body) => {
    router.answerWith(type, body)
    const { results, how } = await search(router, { text: 'tone' })
    router.answerWith('application/json', '[0.6,0.8]')
    expect(how).toBe('lexical')
    expect(results[0]?.identifier).toContain(':tone')
  })

  test('falls back on words when the embedder keeps it waiting, after two seconds', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo // as: it listens on a port
    const place = router.place({
      model: 'english',
      node: 'silent',
      target: `http://127.0.0.1:${port}`,
      state: 'ready',
    })
    expect((await router.admin('POST', '/deployments', place)).status).toBe(201)
    await router.admin('PATCH', '/deployments/english@1/far', { state: 'draining' })
    const started = performance.now()
    const { results, how } = await search(router, { text: 'tone' })
    expect(performance.now() - started).toBeLessThan(9_000)
    expect(how).toBe('lexical')
    expect(results[0]?.identifier).toContain(':tone')
    await router.admin('DELETE', '/deployments/english@1/silent?now=true')
    await router.admin('PATCH', '/deployments/english@1/far', { state: 'ready' })
    expect((await search(router, { text: 'tone' })).how).toBe('semantic')
    silent.closeAllConnections()
    silent.close()
  })

  test('falls back on words when there is nothing to embed with any more', async () => {
    await router.admin('PATCH', '/deployments/english@1/far', { state: 'disabled' })
    expect((await search(router, { text: 'tone' })).how).toBe('lexical')
    await router.admin('PATCH', '/deployments/english@1/far', { state: 'ready' })
  })
})
