import { Hono } from 'hono'
import { expect, test } from 'vitest'

import type { RouterApp } from '../env.ts'
import { openApiRoutes } from './openapi-routes.ts'
import { Registry } from '../registry/registry.ts'
import { modelEntry, rows } from '../registry/registry-fixture.ts'
import { compileSnapshot } from '../registry/snapshot.ts'

/** A router of one snapshot, which counts how often the document is made of it. */
function serve() {
  const snapshot = compileSnapshot(rows({ models: [modelEntry()], deployments: [] }))
  let made = 0
  const counted = new Proxy(snapshot, {
    get(target, name, receiver) {
      if (name === 'version') made++
      return Reflect.get(target, name, receiver)
    },
  })
  const registry = Object.assign(new Registry(), { current: async () => counted })
  const app = new Hono<RouterApp>()
  app.use((c, next) => {
    c.set('registry', registry)
    return next()
  })
  app.route('/', openApiRoutes())
  const get = (url: string, headers: Record<string, string> = {}) =>
    app.request(
      url,
      { headers },
      { DB: {} },
      { waitUntil() {}, passThroughOnException() {}, props: {} },
    )
  return { get, made: () => made }
}

test('is made once of a snapshot, for whatever host asks', async () => {
  const { get, made } = serve()
  for (const origin of ['https://a.example', 'https://b.example', 'https://a.example']) {
    const response = await get(`${origin}/openapi.json`)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject({
      openapi: '3.1.0',
      servers: [{ url: origin }],
      paths: { '/infer/text-classification/tone': {} },
    })
  }
  expect(made()).toBe(1)
})

test('is sent again only when it changed', async () => {
  const { get } = serve()
  const first = await get('https://a.example/openapi.json')
  expect(first.headers.get('cache-control')).toBe('public, max-age=60')
  const etag = String(first.headers.get('etag'))
  const again = await get('https://a.example/openapi.json', { 'if-none-match': etag })
  expect([again.status, await again.text()]).toEqual([304, ''])
})
