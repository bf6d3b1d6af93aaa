import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { MeshError } from '#shared/mesh-error.ts'
import { toProblem } from '#shared/problem.ts'

import { calls, json, ok, outcomes, problem, send, type Reply } from './dispatch-fixture.ts'
import { describeRoute } from './attempt-record.ts'
import { MAX_ANSWER_BYTES } from './receive-answer.ts'

beforeEach(() => {
  calls.length = 0
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => vi.restoreAllMocks())

describe('falling over', () => {
  const failures: [string, Reply, string][] = [
    ['cannot be reached', () => Promise.reject(new TypeError('connect failed')), 'unreachable'],
    [
      'is a binding that is missing',
      () => {
        throw new MeshError('unreachable', 'no binding')
      },
      'unreachable',
    ],
    [
      'has a target that is refused',
      () => {
        throw new MeshError('invalid_request', 'bad target')
      },
      'unreachable',
    ],
    ['is overloaded', () => problem('overloaded'), 'overloaded'],
    ['has a full queue', () => problem('queue_full'), 'queue_full'],
    ['trapped', () => problem('runtime_trap'), 'runtime_trap'],
    ['gave up in time', () => problem('deadline_exceeded'), 'deadline_exceeded'],
    ['answers a bare 500', () => new Response('oops', { status: 500 }), 'bad_gateway'],
    ['answers a bare 503', () => new Response(null, { status: 503 }), 'unreachable'],
    ['is down, as Cloudflare says it', () => new Response('', { status: 521 }), 'unreachable'],
    ['answers a bare 500', () => new Response(null, { status: 500 }), 'bad_gateway'],
    [
      'redirects',
      () => new Response(null, { status: 302, headers: { location: '/' } }),
      'bad_gateway',
    ],
    ['answers 200 with a page', () => json('x', 'text/html'), 'bad_gateway'],
    ['answers 200 with a drawing', () => json('x', 'image/svg+xml'), 'bad_gateway'],
    ['answers 200 with no media type', () => new Response('x'), 'bad_gateway'],
    [
      'answers 200 with an empty picture',
      () => new Response('', { headers: { 'content-type': 'image/png' } }),
      'bad_gateway',
    ],
    [
      'announces more than an answer may have',
      () =>
        new Response('x', {
          headers: { 'content-type': 'image/png', 'content-length': `${MAX_ANSWER_BYTES + 1}` },
        }),
      'bad_gateway',
    ],
    [
      'answers 200 with nothing',
      () => new Response('', { headers: { 'content-type': 'application/json' } }),
      'bad_gateway',
    ],
    ['answers 204', () => new Response(null, { status: 204 }), 'bad_gateway'],
    ['does not know the model', () => problem('model_unknown'), 'bad_gateway'],
    ['refuses the router', () => problem('unauthenticated'), 'bad_gateway'],
    [
      'sends a problem that is none',
      () =>
        new Response('{', { status: 500, headers: { 'content-type': 'application/problem+json' } }),
      'bad_gateway',
    ],
    [
      'breaks off halfway',
      () =>
        new Response(new ReadableStream({ pull: (c) => c.error(new Error('cut')) }), {
          headers: { 'content-type': 'application/json' },
        }),
      'unreachable',
    ],
  ]
  for (const [what, reply, outcome] of failures) {
    test(`asks the next when a node ${what}`, async () => {
      const { reply: given, deployment: winner, attempts } = await send([reply, ok])
      expect(given).toHaveProperty('answer')
      expect(winner.node).toBe('n1')
      expect(outcomes(attempts)).toEqual([outcome, 'ok'])
    })
  }

  test('gives a hanging node half of the time that is left, then asks the next', async () => {
    const hang: Reply = () => new Promise(() => {})
    const started = performance.now()
    const { attempts } = await send([hang, ok], { deadlineMs: 200 })
    expect(outcomes(attempts)).toEqual(['deadline_exceeded', 'ok'])
    expect(performance.now() - started).toBeLessThan(190)
    expect(calls.map(({ call }) => call.headers['mesh-deadline-ms'])).toEqual([
      '100',
      expect.any(String),
    ])
    expect(calls[0]?.call.signal.aborted).toBe(true)
    expect(calls[1]?.call.signal.aborted).toBe(false)
  })

  test('sends the same body each time, under one trace with a span of its own', async () => {
    await send([() => problem('overloaded'), ok])
    const [first, second] = calls.map(({ call }) => call)
    expect(new TextDecoder().decode(second?.body)).toBe('hello')
    const [a, b] = [first, second].map((call) => call?.headers['traceparent']?.split('-') ?? [])
    expect(a?.[1]).toBe(b?.[1])
    expect(a?.[2]).not.toBe(b?.[2])
    expect(Object.keys(first?.headers ?? {}).toSorted()).toEqual([
      'content-type',
      'mesh-deadline-ms',
      'mesh-request-id',
      'traceparent',
    ])
  })
})

test('gives a picture as the node sent it, under the bare name of its media type', async () => {
  const picture = Uint8Array.of(1, 2, 3)
  const reply = () =>
    new Response(picture, { headers: { 'content-type': 'image/png; charset=utf-8' } })
  const { reply: given } = await send([reply])
  expect(given).toMatchObject({ answer: { contentType: 'image/png', body: picture } })
})

describe('when nobody answers', () => {
  test('gives the one reason that all had', async () => {
    const busy: Reply = () => problem('overloaded')
    await expect(send([busy, busy])).rejects.toMatchObject({
      code: 'overloaded',
      retryAfter: 1,
      extensions: { attempts: [{ node: 'n0' }, { node: 'n1' }] },
    })
  })

  test('gives no_deployment when the reasons differ, and each of them', async () => {
    const refused = send([() => problem('overloaded'), () => problem('runtime_trap')])
    await expect(refused).rejects.toMatchObject({
      code: 'no_deployment',
      attempts: [{ outcome: 'overloaded' }, { outcome: 'runtime_trap' }],
    })
  })

  test('gives deadline_exceeded when the time is over, and asks nobody after that', async () => {
    const slow: Reply = (call) =>
      new Promise((_, reject) => {
        call.signal.addEventListener('abort', () => reject(call.signal.reason as Error))
      })
    const started = performance.now()
    await expect(send([slow, slow, slow], { deadlineMs: 120 })).rejects.toMatchObject({
      code: 'deadline_exceeded',
    })
    expect(performance.now() - started).toBeLessThan(400)
    await expect(send([ok], { deadlineMs: 0 })).rejects.toMatchObject({
      code: 'deadline_exceeded',
      attempts: [],
    })
  })

  test("tells nothing of a node's private words", async () => {
    const leak: Reply = () => Promise.reject(new Error('connect 10.0.0.7:9000 refused'))
    const err: unknown = await send([leak]).catch((caught: unknown) => caught)
    expect(err instanceof MeshError && JSON.stringify(toProblem(err))).not.toContain('10.0.0.7')
  })
})

test('describeRoute writes each attempt in a form that can be taken apart again', async () => {
  const { attempts } = await send([() => problem('overloaded'), ok])
  const parts = describeRoute(attempts)
    .split(', ')
    .map((part) => part.split(';'))
  expect(parts).toEqual([
    ['edge/n0', 'tone@1', 'overloaded', expect.stringMatching(/^[\d.]+ms$/)],
    ['edge/n1', 'tone@1', 'ok', expect.stringMatching(/^[\d.]+ms$/)],
  ])
})
