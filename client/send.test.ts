import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { CapillaryError } from './capillary-error.ts'
import { createClient } from './create-client.ts'
import {
  hangUp,
  json,
  problem,
  silence,
  startTestServer,
  type TestServer,
} from './start-test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const GOOD = json(200, [{ label: 'good', score: 1 }])

function ask(options = {}) {
  return createClient({ url: server.url, key: 'k'.repeat(20) }).infer('a/b', 'hello', options)
}
async function failureOf(call: Promise<unknown>): Promise<CapillaryError> {
  const err: unknown = await call.catch((reason: unknown) => reason)
  if (err instanceof CapillaryError) return err
  throw new Error('no CapillaryError', { cause: err })
}

test('sends the key, and the time that is left of the deadline', async () => {
  server.replyWith(GOOD)
  expect(await ask({ deadlineMs: 2_500 })).toEqual([{ label: 'good', score: 1 }])
  const [asked] = server.asked
  expect(asked).toMatchObject({
    method: 'POST',
    path: '/infer/a/b',
    headers: { authorization: `Bearer ${'k'.repeat(20)}` },
  })
  expect(Number(asked?.headers['mesh-deadline-ms'])).toBeGreaterThan(2_000)
  expect(Number(asked?.headers['mesh-deadline-ms'])).toBeLessThanOrEqual(2_500)
})

test('asks a mesh for no more than the longest deadline it takes', async () => {
  server.replyWith(GOOD)
  await ask({ deadlineMs: 300_000 })
  expect(server.asked[0]?.headers['mesh-deadline-ms']).toBe('60000')
})

test.each([2 ** 31, 1e15, Number.POSITIVE_INFINITY])('waits for as long as %d ms', async (ms) => {
  server.replyWith(GOOD)
  expect(await ask({ deadlineMs: ms })).toEqual([{ label: 'good', score: 1 }])
  expect(server.asked[0]?.headers['mesh-deadline-ms']).toBe('60000')
})

test.each([Number.NaN, 0, -1])('refuses a deadline of %d as a mistake in the call', async (ms) => {
  server.replyWith(GOOD)
  await expect(ask({ deadlineMs: ms })).rejects.toThrow(TypeError)
  expect(server.asked).toEqual([])
})

test.each([
  ['the network failed', hangUp],
  ['the mesh says that it may pass', problem(500, 'runtime_trap', { retryable: true })],
  ['a proxy says 502', json(502, {})],
  ['a proxy says 503 in HTML', (response) => response.writeHead(503).end('<h1>busy</h1>')],
  ['a queue is full', json(429, { error: 'slow down' })],
  [
    'the answer broke off',
    (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('[')
      response.destroy()
    },
  ],
] satisfies [string, Parameters<TestServer['replyWith']>[0]][])(
  'sends the request again when %s',
  async (_, failure) => {
    server.replyWith(failure, GOOD)
    expect(await ask()).toEqual([{ label: 'good', score: 1 }])
    expect(server.asked).toHaveLength(2)
    expect(server.asked[1]?.body).toEqual(server.asked[0]?.body)
  },
)

test.each([
  [400, 'invalid_request'],
  [401, 'unauthenticated'],
  [404, 'capability_unknown'],
  [422, 'invalid_input'],
  [504, 'deadline_exceeded'],
])('does not ask again after %i %s', async (status, code) => {
  server.replyWith(problem(status, code, { nearest: ['x'] }))
  const err = await failureOf(ask())
  expect(err).toMatchObject({
    code,
    status,
    message: `it is ${code}`,
    retryable: false,
    attempts: 1,
    problem: { nearest: ['x'] },
  })
  expect(server.asked).toHaveLength(1)
})

test('gives up after as many retries as were asked for, and says how often it tried', async () => {
  server.replyWith(problem(503, 'overloaded', { retryable: true }))
  expect(await failureOf(ask({ retries: 1 }))).toMatchObject({ code: 'overloaded', attempts: 2 })
  expect(server.asked).toHaveLength(2)
  server.replyWith(hangUp)
  expect(await failureOf(ask({ retries: 0 }))).toMatchObject({
    code: 'unreachable',
    status: 0,
    attempts: 1,
  })
})

test('waits as long as retry-after asks', async () => {
  server.replyWith(json(503, {}, { 'retry-after': '1' }), GOOD)
  await ask()
  const [first, second] = server.asked
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990)
})

test('prefers retry-after-ms', async () => {
  server.replyWith(json(503, {}, { 'retry-after': '30', 'retry-after-ms': '20' }), GOOD)
  await ask()
  expect(server.asked).toHaveLength(2)
})

test('does not wait for a retry that would come after the deadline', async () => {
  server.replyWith(json(503, {}, { 'retry-after': '30' }))
  const started = Date.now()
  expect(await failureOf(ask({ deadlineMs: 5_000 }))).toMatchObject({ status: 503, attempts: 1 })
  expect(Date.now() - started).toBeLessThan(1_000)
})

test('backs off longer after each failure', async () => {
  server.replyWith(hangUp)
  await failureOf(ask({ retries: 3 }))
  const [a = 0, b = 0, c = 0, d = 0] = server.asked.map(({ at }) => at)
  expect(b - a).toBeGreaterThanOrEqual(95)
  expect(c - b).toBeGreaterThanOrEqual(195)
  expect(d - c).toBeGreaterThanOrEqual(395)
  expect(d - a).toBeLessThan(3_000)
})

test('stops waiting a little after the deadline when the server never answers', async () => {
  server.replyWith(silence)
  const started = Date.now()
  expect(await failureOf(ask({ deadlineMs: 100 }))).toMatchObject({
    code: 'deadline_exceeded',
    status: 0,
    attempts: 1,
  })
  expect(Date.now() - started).toBeGreaterThanOrEqual(590)
  expect(Date.now() - started).toBeLessThan(3_000)
})

test('stops reading an answer that never ends', async () => {
  server.replyWith((response) => void response.writeHead(200).write('['))
  expect(await failureOf(ask({ deadlineMs: 50 }))).toMatchObject({ code: 'deadline_exceeded' })
})

test("throws the caller's own reason when it aborts, and never asks again", async () => {
  const reason = new Error('the user left')
  const controller = new AbortController()
  server.replyWith(() => controller.abort(reason))
  await expect(ask({ signal: controller.signal })).rejects.toBe(reason)
  expect(server.asked).toHaveLength(1)
  server.replyWith(GOOD)
  await expect(ask({ signal: controller.signal })).rejects.toBe(reason)
  expect(server.asked).toHaveLength(0)
})

test('can be aborted while it waits for a retry', async () => {
  const controller = new AbortController()
  server.replyWith(json(503, {}, { 'retry-after': '5' }))
  const started = Date.now()
  setTimeout(() => controller.abort(), 100)
  await expect(ask({ signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' })
  expect(Date.now() - started).toBeLessThan(2_000)
  expect(server.asked).toHaveLength(1)
})

test('leaves nothing behind on a signal that many calls share', async () => {
  const { signal } = new AbortController()
  const add = vi.spyOn(signal, 'addEventListener')
  const remove = vi.spyOn(signal, 'removeEventListener')
  server.replyWith(hangUp, GOOD)
  await ask({ signal })
  expect(add).toHaveBeenCalledTimes(3)
  expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(
    add.mock.calls.map(([, listener]) => listener),
  )
})

test('refuses a key that no header can carry, before anything is sent', async () => {
  server.replyWith(GOOD)
  const client = createClient({ url: server.url, key: 'line\nbreak' })
  await expect(client.infer('a/b', 'hello')).rejects.toThrow(TypeError)
  expect(server.asked).toHaveLength(0)
})
