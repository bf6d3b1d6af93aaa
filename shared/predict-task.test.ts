import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { modelEntry } from '../workers/router/registry/registry-fixture.ts'
import { boundConcurrency, type Admit } from './admission.ts'
import type { Codec } from './codec.ts'
import { LoadedModel } from './loaded-model.ts'
import type { Manifest } from './manifest.ts'
import { MeshError } from './mesh-error.ts'
import { taskRoutes } from './task-routes.ts'
import { runtime } from './onnx-wasm.ts'
import { onError } from './problem.ts'

/** A node of one model whose codec answers so without running a graph. */
function node(codec: Codec, overrides: Partial<Manifest> = {}, admit: Admit = (work) => work()) {
  const app = new Hono()
  app.onError(onError)
  const model = new LoadedModel({
    manifest: modelEntry(overrides).manifest,
    codec,
    loadGraph: () => new Uint8Array(0),
    runtime,
    admit,
  })
  app.route(
    '/',
    taskRoutes(() => model),
  )
  return (body: unknown, headers: Record<string, string> = {}, path = '/versions/1') =>
    app.request(`/models/tone${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
}

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const echo: Codec = { predict: async ({ bytes }) => textOf(bytes) }

test('answers a list by a list, and a text by itself', async () => {
  const ask = node(echo)
  expect(await (await ask({ inputs: ['a', 'b'] })).json()).toEqual(['a', 'b'])
  expect(await (await ask({ inputs: ['a'] })).json()).toEqual(['a'])
  expect(await (await ask({ inputs: 'a' })).json()).toBe('a')
})

test('runs a list one after the other', async () => {
  let running = 0
  const ask = node({
    async predict() {
      expect(++running).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, 1))
      running--
    },
  })
  expect((await ask({ inputs: ['a', 'b', 'c'] })).status).toBe(200)
})

test('finishes a list that was let in, however busy the node becomes meanwhile', async () => {
  const later = () => new Promise((resolve) => setTimeout(resolve, 1))
  const slow: Codec = { predict: later }
  const ask = node(slow, {}, boundConcurrency(1, '[tone]'))
  const ended = new AbortController()
  const texts = Array.from({ length: 50 }, () => 'a')
  const list = Promise.resolve(ask({ inputs: texts })).finally(() => ended.abort())
  const crowd = Array.from({ length: 3 }, async () => {
    const codes = new Set<number>()
    while (!ended.signal.aborted) {
      codes.add((await ask({ inputs: 'b' })).status)
      await later()
    }
    return [...codes]
  })
  expect((await list).status).toBe(200)
  expect(await Promise.all(crowd)).toEqual([[503], [503], [503]])
})

test('names the text that the model cannot read', async () => {
  const ask = node({
    async predict({ bytes }) {
      if (textOf(bytes) === 'b') throw new MeshError('invalid_input', '[tone] no word in it')
      return 0
    },
  })
  const response = await ask({ inputs: ['a', 'b', 'c'] })
  expect(response.status).toBe(422)
  expect(await response.json()).toMatchObject({
    code: 'invalid_input',
    detail: 'inputs[1]: [tone] no word in it',
  })
})

test('does not blame a text for what is wrong with all, or with the node', async () => {
  for (const code of ['invalid_request', 'overloaded'] as const) {
    const ask = node({ predict: () => Promise.reject(new MeshError(code, 'why')) })
    expect(await (await ask({ inputs: ['a', 'b'] })).json()).toMatchObject({ code, detail: 'why' })
  }
})

test('begins no text that nobody waits for any more', async () => {
  let begun = 0
  const ask = node({
    async predict() {
      begun++
      await new Promise((resolve) => setTimeout(resolve, 60))
    },
  })
  const inputs = Array.from({ length: 20 }, () => 'a')
  const response = await ask({ inputs }, { 'mesh-deadline-ms': '100' })
  expect(await response.json()).toMatchObject({ code: 'deadline_exceeded' })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(begun).toBeLessThan(4)
})

test('stops at the deadline in a long list that never waits for anything', async () => {
  let begun = 0
  const ask = node({
    async predict() {
      begun++
      const until = performance.now() + 2
      while (performance.now() < until);
    },
  })
  const inputs = Array.from({ length: 400 }, () => 'a')
  const response = await ask({ inputs }, { 'mesh-deadline-ms': '100' })
  expect(await response.json()).toMatchObject({ code: 'deadline_exceeded' })
  expect(begun).toBeLessThan(200)
})

test('refuses a list for a model that answers files', async () => {
  const ask = node(echo, { produces: ['image/png'] })
  expect(await (await ask({ inputs: ['a'] })).json()).toMatchObject({ code: 'invalid_input' })
})

test('tells the tokens of all texts where the model counts them', async () => {
  const ask = node({ ...echo, countTokens: ({ bytes }) => bytes.byteLength })
  expect((await ask({ inputs: 'abc' })).headers.get('x-compute-tokens')).toBe('3')
  expect((await ask({ inputs: ['abc', 'de'] })).headers.get('x-compute-tokens')).toBe('5')
  expect((await node(echo)({ inputs: 'abc' })).headers.has('x-compute-tokens')).toBe(false)
})

test('without a version speaks to Hugging Face’s clients, in answers and in errors', async () => {
  const ask = node({ predict: async () => [{ label: 'good', score: 1 }] })
  expect(await (await ask({ inputs: 'a' }, {}, '')).json()).toEqual([[{ label: 'good', score: 1 }]])
  const refused = await ask({ inputs: [] }, {}, '')
  expect(refused.status).toBe(400)
  const problem = await refused.json()
  expect(problem).toMatchObject({
    code: 'invalid_request',
    error: expect.stringContaining('texts'),
  })
})

test('holds a 503 back from those clients, which ask again at once, and from the router not at all', async () => {
  const ask = node({ predict: () => Promise.reject(new MeshError('overloaded', 'busy')) })
  const headers = { 'mesh-deadline-ms': '200' }
  const timed = async (path?: string) => {
    const began = performance.now()
    expect((await ask({ inputs: 'a' }, headers, path)).status).toBe(503)
    return performance.now() - began
  }
  expect(await timed('')).toBeGreaterThan(150)
  expect(await timed()).toBeLessThan(150)
})
