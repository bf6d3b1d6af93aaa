import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import type { AnswerMediaType } from '#shared/media-answer.ts'

import { calls, ok, outcomes, problem, send, type Reply } from './dispatch-fixture.ts'

/** What the node complained of; throws when it answered. */
function complaintOf({ reply }: Awaited<ReturnType<typeof send>>): unknown {
  if ('complaint' in reply) return reply.complaint
  throw new Error('the node did not complain')
}

beforeEach(() => {
  calls.length = 0
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => vi.restoreAllMocks())

describe("the caller's own error", () => {
  test.each([
    'invalid_request',
    'payload_too_large',
    'media_type_unsupported',
    'invalid_input',
  ] as const)('goes back as the node said it, and nobody else is asked: %s', async (code) => {
    const sent = await send([() => problem(code), ok])
    expect(calls).toHaveLength(1)
    expect(outcomes(sent.attempts)).toEqual([code])
    expect(complaintOf(sent)).toMatchObject({ code, detail: `told ${code}` })
  })

  test('becomes a problem when the node is not one of ours', async () => {
    const sent = await send([() => new Response('{"error":"bad"}', { status: 400 }), ok])
    expect(calls).toHaveLength(1)
    expect(complaintOf(sent)).toMatchObject({ code: 'invalid_request', status: 400 })
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
  const ask = (replies: readonly Reply[], ...models: string[]) => send(replies, { models })
  const asked = () => calls.map(({ node }) => node)

  test.each(['payload_too_large', 'media_type_unsupported', 'invalid_input'] as const)(
    'lets another model be asked, and the same one no more: %s',
    async (code) => {
      const refuse: Reply = () => problem(code)
      const sent = await ask([refuse, ok, refuse, ok], 'small', 'small', 'middle', 'large')
      expect(asked()).toEqual(['n0', 'n2', 'n3'])
      expect(outcomes(sent.attempts)).toEqual([code, code, 'ok'])
      expect(sent.reply).toHaveProperty('answer')
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
    expect(complaintOf(sent)).toMatchObject({ code: 'payload_too_large', status: 413 })
    expect(sent.deployment.node).toBe('n1')
  })

  test('is not looked for in other models when the request is malformed', async () => {
    const sent = await ask([() => problem('invalid_request'), ok], 'small', 'large')
    expect(asked()).toEqual(['n0'])
    expect(complaintOf(sent)).toMatchObject({ status: 400 })
  })

  test('goes back when the time is over before another model could be asked', async () => {
    const late: Reply = async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      return problem('payload_too_large')
    }
    const hang: Reply = () => new Promise(() => {})
    const sent = await send([late, hang], { deadlineMs: 600, models: ['small', 'large'] })
    expect(outcomes(sent.attempts)).toEqual(['payload_too_large', 'deadline_exceeded'])
    expect(complaintOf(sent)).toMatchObject({ status: 413 })
  })

  test('leaves all of the time to the only one that may still be asked', async () => {
    await ask([() => problem('payload_too_large'), ok, ok], 'small', 'large', 'small')
    const [first, second] = calls.map(({ call }) => Number(call.headers['mesh-deadline-ms']))
    expect(first).toBeLessThanOrEqual(5_000)
    expect(second).toBeGreaterThan(9_000)
  })
})

/** Any media type of the mesh was once accepted of any model. */
describe('a media type that the mesh knows', () => {
  const picture: Reply = () =>
    new Response(Uint8Array.of(1), { headers: { 'content-type': 'image/png' } })

  test.each<[string, Reply, AnswerMediaType[]]>([
    ['a picture of a model of JSON', picture, ['application/json']],
    ['a picture of a model of JPEG and sound', picture, ['image/jpeg', 'audio/wav']],
    ['JSON of a model of pictures', ok, ['image/png']],
  ])('is refused where the manifest does not have it: %s', async (_, reply, produces) => {
    const refused = send([reply, reply], { produces })
    await expect(refused).rejects.toMatchObject({
      code: 'bad_gateway',
      attempts: [{ outcome: 'bad_gateway' }, { outcome: 'bad_gateway' }],
    })
    expect(calls).toHaveLength(2)
  })
})
