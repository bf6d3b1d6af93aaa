import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startTestRouter, type TestRouter } from '../start-test-router.ts'
import { offer } from './discovery-fixture.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

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
    const withdraw = await offer(router, 'mood')
    expect((await again()).status).toBe(200)
    await withdraw()
    expect((await again()).status).toBe(304)
  })
})
