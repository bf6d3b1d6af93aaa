/**
 * How long a key takes to be refused must tell nothing of the keys there are. They are looked for by their SHA-256,
 * so what takes longer or shorter is of a number nobody can choose. `npm run bench:keys` measures it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { sha256 } from '#shared/sha256.ts'

import { createRouter } from '../../workers/router/create-router.ts'
import type { RouterBindings } from '../../workers/router/env.ts'
import { SortedMap } from '../../workers/router/registry/sorted-map.ts'
import {
  ADMIN_KEY,
  startTestRouter,
  type TestRouter,
} from '../../workers/router/start-test-router.ts'

let router: TestRouter
let env: RouterBindings

beforeAll(async () => {
  router = await startTestRouter()
  env = { DB: await router.database(), ADMIN_KEY }
}, 60_000)
afterAll(() => router.stop())

const context = {
  waitUntil: () => undefined,
  passThroughOnException: () => undefined,
  props: {},
}

/** Every text that a look-up or a comparison by method was made with while the request was answered. */
async function textsUsed(key: string, path = '/capabilities') {
  const app = createRouter()
  const texts: unknown[] = []
  const watched: [object, string][] = [
    [SortedMap.prototype, 'get'],
    [SortedMap.prototype, 'has'],
    [Map.prototype, 'get'],
    [Map.prototype, 'has'],
    [Set.prototype, 'has'],
    [Array.prototype, 'includes'],
    [Array.prototype, 'indexOf'],
    [String.prototype, 'startsWith'],
    [String.prototype, 'localeCompare'],
    [Object, 'hasOwn'],
    [Reflect, 'get'],
  ]
  const restore = watched.map(([owner, name]) => {
    const original: unknown = Reflect.get(owner, name)
    if (typeof original !== 'function') throw new Error(`${name} is no method`)
    const watch = function watch(this: unknown, ...args: unknown[]): unknown {
      texts.push(this, ...args)
      return Reflect.apply(original, this, args)
    }
    Reflect.set(owner, name, watch)
    return () => Reflect.set(owner, name, original)
  })
  try {
    const headers = { authorization: `Bearer ${key}` }
    const { status } = await app.request(path, { headers }, env, context)
    return { status, texts: texts.filter((text): text is string => typeof text === 'string') }
  } finally {
    for (const back of restore) back()
  }
}

test.each<[string, () => string, number]>([
  ['that is known', () => router.inferKey, 200],
  ['that is unknown', () => `cap_${'z'.repeat(43)}`, 401],
  ['of the secret ADMIN_KEY', () => ADMIN_KEY, 200],
  ['that is nearly ADMIN_KEY', () => `${ADMIN_KEY.slice(0, -1)}b`, 401],
])('a key %s is looked for by its hash alone', async (_, keyOf, status) => {
  const key = keyOf()
  const used = await textsUsed(key)
  expect(used.status).toBe(status)
  expect(used.texts.filter((text) => text === key || text === ADMIN_KEY)).toEqual([])
  // who shows ADMIN_KEY is found before the registry is asked
  if (key !== ADMIN_KEY) expect(used.texts).toContain(await sha256(key))
})

test('keys that are alike have hashes that are not, so that no prefix is nearer than another', async () => {
  const known = router.inferKey
  const near = known.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  const [one, other] = [await sha256(known), await sha256(near)]
  const alike = Array.from(one).filter((char, i) => char === other[i]).length
  expect(alike).toBeLessThan(24)
})

test('every way to be refused by a key says the same of which keys there are', async () => {
  const unknown = [`cap_${'y'.repeat(43)}`, `${router.inferKey.slice(0, -1)}_`, 'a'.repeat(16)]
  const answers = await Promise.all(unknown.map((key) => router.send('/capabilities', { key })))
  const told = answers.map(({ status, body }) => JSON.stringify([status, body]))
  expect(new Set(told).size).toBe(1)
})
