import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import type { ErrorCode } from '#shared/error-codes.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { toProblem } from '#shared/problem.ts'

import type { DispatchRequest } from './attempt.ts'
import { describeRoute, dispatch } from './dispatch.ts'
import type { RouterBindings } from './env.ts'
import { MAX_ANSWER_BYTES } from './receive-answer.ts'
import { deployment } from './registry-fixture.ts'
import { beginTrace } from './trace.ts'
import type { NodeCall, Transport } from './transport.ts'

type Reply = (call: NodeCall) => Response | Promise<Response>

const json = (value: unknown, type = 'application/json') =>
  new Response(JSON.stringify(value), { headers: { 'content-type': type } })
const problem = (code: ErrorCode, status?: number) => {
  const told = toProblem(new MeshError(code, `told ${code}`))
  return new Response(JSON.stringify(told), {
    status: status ?? told.status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8' },
  })
}
const ok: Reply = () => json([{ label: 'good' }])

let calls: { node: string; call: NodeCall }[]

/** Dispatches to nodes `n0`, `n1`, … that reply so, each with the model of its place in `models`; only the network is replaced. */
function send(replies: readonly Reply[], deadlineMs = 10_000, models: readonly string[] = []) {
  const network: Transport = {
    call: async (own, call) => {
      calls.push({ node: own.node, call })
      const reply = replies[Number(own.node.slice(1))]
      if (!reply) throw new Error('no such node')
      return reply(call)
    },
    checkTarget: () => {},
  }
  const request: DispatchRequest = {
    contentType: 'text/plain',
    body: new TextEncoder().encode('hello'),
    expiresAt: Date.now() + deadlineMs,
    deadlineMs,
    requestId: 'req-1',
    trace: beginTrace(undefined),
  }
  const candidates = replies.map((_, i) =>
    deployment({ node: `n${i}`, modelId: models[i] ?? 'tone' }),
  )
  // as: no binding is touched by this transport
  return dispatch(candidates, request, { binding: network, http: network }, {} as RouterBindings)
}
/** A problem goes back as text, an answer as bytes. */
function parse(body: unknown): unknown {
  if (typeof body !== 'string') throw new Error('the body is no text')
  return JSON.parse(body)
}
const outcomes = (attempts: readonly { outcome: string }[]) =>
  attempts.map(({ outcome }) => outcome)

beforeEach(() => {
  calls = []
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
      const { answer, deployment: winner, attempts } = await send([reply, ok])
      expect(answer.status).toBe(200)
      expect(winner.node).toBe('n1')
      expect(outcomes(attempts)).toEqual([outcome, 'ok'])
    })
  }

  test('gives a hanging node half of the time that is left, then asks the next', async () => {
    const hang: Reply = () => new Promise(() => {})
    const started = performance.now()
    const { attempts } = await send([hang, ok], 200)
    expect(outcomes(attempts)).toEqual(['deadline_exceeded', 'ok'])
    expect(performance.now() - started).toBeLessThan(190)
    expect(calls.map(({ call }) => call.headers.get('mesh-deadline-ms'))).toEqual([
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
    const [a, b] = [first, second].map((call) => call?.headers.get('traceparent')?.split('-') ?? [])
    expect(a?.[1]).toBe(b?.[1])
    expect(a?.[2]).not.toBe(b?.[2])
    expect([...(first?.headers.keys() ?? [])]).toEqual([
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
  const { answer } = await send([reply])
  expect(answer).toMatchObject({ outcome: 'ok', contentType: 'image/png', body: picture })
})

describe("the caller's own error", () => {
  test.each([
    'invalid_request',
    'payload_too_large',
    'media_type_unsupported',
    'invalid_input',
  ] as const)('goes back as the node said it, and nobody else is asked: %s', async (code) => {
    const { answer, attempts } = await send([() => problem(code), ok])
    expect(calls).toHaveLength(1)
    expect(outcomes(attempts)).toEqual([code])
    expect(answer.contentType).toBe('application/problem+json')
    expect(parse(answer.body)).toMatchObject({ code, detail: `told ${code}` })
  })

  test('becomes a problem when the node is not one of ours', async () => {
    const { answer } = await send([() => new Response('{"error":"bad"}', { status: 400 }), ok])
    expect(calls).toHaveLength(1)
    expect(parse(answer.body)).toMatchObject({ code: 'invalid_request', status: 400 })
  })

  test('is told from its status when the problem is longer than one can be', async () => {
    const long = () =>
      new Response('x'.repeat(100_000), {
        status: 422,
        headers: { 'content-type': 'application/problem+json' },
      })
    expect((await send([long, ok])).attempts).toMatchObject([{ outcome: 'invalid_input' }])
  })
})

/** A capability may have several models with limits of their own: a complaint of one was once taken for that of all. */
describe("a model's complaint of the input", () => {
  const ask = (replies: readonly Reply[], ...models: string[]) => send(replies, 10_000, models)
  const asked = () => calls.map(({ node }) => node)

  test.each(['payload_too_large', 'media_type_unsupported', 'invalid_input'] as const)(
    'lets another model be asked, and the same one no more: %s',
    async (code) => {
      const refuse: Reply = () => problem(code)
      const sent = await ask([refuse, ok, refuse, ok], 'small', 'small', 'middle', 'large')
      expect(asked()).toEqual(['n0', 'n2', 'n3'])
      expect(outcomes(sent.attempts)).toEqual([code, code, 'ok'])
      expect(sent.answer.status).toBe(200)
      expect(sent.deployment.modelId).toBe('large')
    },
  )

  test('goes back when the other models complain too or fail: the first of them', async () => {
    const sent = await ask(
      [
        () => problem('overloaded'),
        () => problem('payload_too_large'),
        () => problem('invalid_input'),
        () => problem('runtime_trap'),
      ],
      'small',
      'small',
      'middle',
      'large',
    )
    expect(asked()).toEqual(['n0', 'n1', 'n2', 'n3'])
    expect(sent.answer.status).toBe(413)
    expect(parse(sent.answer.body)).toMatchObject({ code: 'payload_too_large' })
    expect(sent.deployment.node).toBe('n1')
  })

  test('is not looked for in other models when the request is malformed', async () => {
    const sent = await ask([() => problem('invalid_request'), ok], 'small', 'large')
    expect(asked()).toEqual(['n0'])
    expect(sent.answer.status).toBe(400)
  })

  test('goes back when the time is over before another model could be asked', async () => {
    const late: Reply = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      return problem('payload_too_large')
    }
    const hang: Reply = () => new Promise(() => {})
    const sent = await send([late, hang], 150, ['small', 'large'])
    expect(outcomes(sent.attempts)).toEqual(['payload_too_large', 'deadline_exceeded'])
    expect(sent.answer.status).toBe(413)
  })

  test('leaves all of the time to the only one that may still be asked', async () => {
    await ask([() => problem('payload_too_large'), ok, ok], 'small', 'large', 'small')
    const [first, second] = calls.map(({ call }) => Number(call.headers.get('mesh-deadline-ms')))
    expect(first).toBeLessThanOrEqual(5_000)
    expect(second).toBeGreaterThan(9_000)
  })
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
    await expect(send([slow, slow, slow], 120)).rejects.toMatchObject({ code: 'deadline_exceeded' })
    expect(performance.now() - started).toBeLessThan(400)
    await expect(send([ok], 0)).rejects.toMatchObject({ code: 'deadline_exceeded', attempts: [] })
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
