import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import {
  startTestRouter,
  TONE,
  type Answer,
  type TestRouter,
} from '../workers/router/start-test-router.ts'
import { attributeOf, startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.ts'

const CALLER = '00f067aa0ba902b7'
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

let router: TestRouter
let receiver: OtlpReceiver

beforeAll(async () => {
  receiver = await startOtlpReceiver()
  router = await startTestRouter({
    OTLP_ENDPOINT: `${receiver.url}/otlp/`,
    OTLP_HEADERS: 'x-key=a%20secret',
  })
}, 60_000)
afterAll(async () => {
  await router.stop()
  receiver.stop()
})
beforeEach(() => {
  router.answerWith('application/json', '[{"label":"good","score":1}]')
  router.received.length = 0
})

const decisionsOf = async (query: string): Promise<Record<string, unknown>[]> => {
  const { body } = await router.admin('GET', `/decisions${query}`)
  return z.array(z.record(z.string(), z.unknown())).parse(body.decisions)
}
const idOf = ({ headers }: Answer) => headers.get('x-request-id') ?? ''
const metrics = async (): Promise<string> =>
  new TextDecoder().decode((await router.send('/metrics')).bytes)
const valueOf = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')
      .at(-1) ?? 0,
  )
describe('the log of decisions', () => {
  test('tells who answered, through which attempts, by the id the caller was given', async () => {
    const answer = await router.infer()
    const [decision, ...others] = await decisionsOf(`?request=${idOf(answer)}`)
    expect(others).toEqual([])
    expect(decision).toMatchObject({
      capability: TONE,
      model: 'tone@1',
      node: 'far',
      outcome: 'ok',
      cache: 'bypass',
      attempts: [
        { model: 'tone@1', node: 'far', placement: 'native', kind: 'first', outcome: 'ok' },
      ],
    })
    expect(answer.headers.get('traceparent')).toContain(String(decision?.traceId))
  })

  test('keeps neither the input nor the key, whose id it tells', async () => {
    const [decision] = await decisionsOf(`?request=${idOf(await router.infer())}`)
    const text = JSON.stringify(decision)
    expect(text).not.toContain('hello')
    expect(text).not.toContain(router.inferKey)
    expect(decision?.key).toMatch(/^[0-9a-f-]{36}$/)
  })

  test("tells a failure's code, and each attempt's", async () => {
    router.answerWith('text/html', 'oops', { status: 500 })
    const [decision] = await decisionsOf(`?request=${idOf(await router.infer())}`)
    expect(decision).toMatchObject({
      outcome: 'bad_gateway',
      model: null,
      attempts: [{ node: 'far', outcome: 'bad_gateway' }],
    })
  })

  test('tells what nobody could be asked for, but not names that the caller made up', async () => {
    const unknown = await router.send('/infer/text-classification/hunter2', {
      method: 'POST',
      key: router.inferKey,
      body: 'x',
    })
    const [decision] = await decisionsOf(`?request=${idOf(unknown)}`)
    expect(decision).toMatchObject({
      outcome: 'capability_unknown',
      capability: null,
      attempts: [],
    })
    const nowhere = await router.infer({ 'mesh-placement': 'edge' })
    const [refused] = await decisionsOf(`?request=${idOf(nowhere)}`)
    expect(refused).toMatchObject({ outcome: 'no_deployment', capability: TONE, attempts: [] })
  })

  test('tells an answer of the cache', async () => {
    const ask = () =>
      router.send(`/infer/${TONE}`, {
        method: 'POST',
        key: router.inferKey,
        cached: true,
        headers: { 'content-type': 'text/plain' },
        body: 'kept',
      })
    const [made] = await decisionsOf(`?request=${idOf(await ask())}`)
    const [kept] = await decisionsOf(`?request=${idOf(await ask())}`)
    expect([made?.cache, kept?.cache]).toEqual(['miss', 'hit'])
    expect(kept).toMatchObject({ model: 'tone@1', node: 'far', attempts: [] })
  })

  test('refuses what it can not be asked, in one line that says what it can', async () => {
    const { status, body } = await router.admin('GET', '/decisions?limit=501&outcome=fine')
    expect(status).toBe(400)
    expect(body.detail).toMatch(/^outcome: must be ok or the code of an error; limit: .+ <=500$/)
  })

  test('is read page by page, and by model and outcome', async () => {
    for (let i = 0; i < 3; i++) await router.infer()
    const first = (await router.admin('GET', '/decisions?model=tone&outcome=ok&limit=2')).body
    const second = (
      await router.admin(
        'GET',
        `/decisions?model=tone&outcome=ok&limit=2&before=${String(first.next)}`,
      )
    ).body
    const ids = [first, second].flatMap(({ decisions }) =>
      z.array(z.object({ id: z.int(), outcome: z.literal('ok') })).parse(decisions),
    )
    expect(ids.length).toBeGreaterThan(2)
    expect(ids.map(({ id }) => id)).toEqual(ids.map(({ id }) => id).toSorted((a, b) => b - a))
    expect(await decisionsOf('?model=ton')).toEqual([])
  })

  test.each(['?limit=0', '?limit=501', '?limit=x', '?before=-1', '?outcome=fine', '?who=me'])(
    'refuses %s',
    async (query) => {
      const { status, body } = await router.admin('GET', `/decisions${query}`)
      expect([status, body.code]).toEqual([400, 'invalid_request'])
    },
  )

  test('is for admins', async () => {
    const { status } = await router.send('/admin/decisions', { key: router.inferKey })
    expect(status).toBe(403)
  })

  test('keeps the latest ten thousand', async () => {
    const db = await router.database()
    await db
      .prepare(
        `with recursive n(i) as (select 1 union all select i + 1 from n where i < 10100)
         insert into decisions (request_id, trace_id, at, key, outcome, cache, ms, attempts)
         select 'old', '', 0, '', 'ok', 'bypass', 0, '[]' from n`,
      )
      .run()
    const answer = await router.infer()
    expect(await decisionsOf(`?request=${idOf(answer)}`)).toHaveLength(1)
    const count = await db.prepare('select count(*) as n from decisions').first('n')
    expect(count).toBe(10_000)
  })

  test('loses lines while D1 cannot take them, and counts them; requests are answered', async () => {
    const db = await router.database()
    await db.prepare('alter table decisions rename to away').run()
    try {
      expect((await router.infer()).status).toBe(200)
      const refused = await router.admin('GET', '/decisions')
      expect([refused.status, refused.body.code]).toEqual([503, 'registry_unavailable'])
      expect(
        valueOf(await metrics(), 'mesh_observations_lost_total{kind="decisions"}'),
      ).toBeGreaterThan(0)
    } finally {
      await db.prepare('alter table away rename to decisions').run()
    }
    expect(await decisionsOf(`?request=${idOf(await router.infer())}`)).toHaveLength(1)
  })

  test('is written behind requests, without anybody reading it', async () => {
    const id = idOf(await router.infer())
    const db = await router.database()
    const statement = db
      .prepare('select count(*) as n from decisions where request_id = ?')
      .bind(id)
    await expect.poll(() => statement.first('n'), { timeout: 10_000 }).toBe(1)
  })
})

describe('/metrics', () => {
  test('counts requests, attempts and their time', async () => {
    const ok = `mesh_requests_total{capability="${TONE}",outcome="ok",cache="bypass"}`
    const attempts = 'mesh_attempts_total{kind="first",outcome="ok"}'
    const time = 'mesh_request_duration_seconds_count{model="tone@1"}'
    const before = await metrics()
    await router.infer()
    const after = await metrics()
    for (const series of [ok, attempts, time]) {
      expect(valueOf(after, series) - valueOf(before, series), series).toBe(1)
    }
    expect(after).toContain('mesh_breaker_state{model="tone",state="closed"} 1')
    expect(after).toMatch(/^mesh_registry_age_seconds \d/m)
  })

  test('says of every metric that it is of one isolate', async () => {
    const helps = (await metrics()).split('\n').filter((line) => line.startsWith('# HELP'))
    expect(helps.length).toBeGreaterThan(10)
    for (const help of helps) expect(help).toContain('of the one isolate that was asked')
  })

  test('has no label that a caller chose', async () => {
    await router.send('/infer/made-up/by-me', { method: 'POST', key: router.inferKey, body: 'x' })
    const text = await metrics()
    expect(text).not.toContain('by-me')
    expect(text).toContain('capability="none",outcome="capability_unknown"')
  })

  test('is for admins', async () => {
    expect((await router.send('/metrics', { key: '' })).status).toBe(401)
    expect((await router.send('/metrics', { key: router.inferKey })).status).toBe(403)
  })
})

describe('spans', () => {
  test("are the caller's child, with the attempt below and the node below that", async () => {
    const traceId = 'a'.repeat(32)
    await router.infer({ traceparent: `00-${traceId}-${CALLER}-01` })
    const spans = await receiver.spansOf(traceId, 2)
    const server = spans.find(({ kind }) => kind === 2)
    const attempt = spans.find(({ kind }) => kind === 3)
    expect(server).toMatchObject({ parentSpanId: CALLER, name: 'POST /infer/:task/:domain' })
    expect(attempt).toMatchObject({ parentSpanId: server?.spanId, name: 'first tone@1' })
    expect(router.received[0]?.headers.traceparent).toBe(`00-${traceId}-${attempt?.spanId}-01`)
    expect(Number(attempt?.startTimeUnixNano)).toBeLessThanOrEqual(Number(attempt?.endTimeUnixNano))
    const [batch] = receiver.batches
    expect([batch?.path, batch?.key]).toEqual(['/otlp/v1/traces', 'a secret'])
  })

  test('say which call failed and why', async () => {
    const traceId = 'b'.repeat(32)
    router.answerWith('text/html', 'oops', { status: 500 })
    await router.infer({ traceparent: `00-${traceId}-${CALLER}-01` })
    for (const span of await receiver.spansOf(traceId, 2)) {
      expect(span.status?.code).toBe(2)
      expect(attributeOf(span, 'error.type')).toBe('bad_gateway')
    }
  })

  test("are no error where the caller's request was", async () => {
    const traceId = 'c'.repeat(32)
    await router.send('/infer/no/such', {
      method: 'POST',
      key: router.inferKey,
      headers: { traceparent: `00-${traceId}-${CALLER}-01` },
      body: 'x',
    })
    const [span] = await receiver.spansOf(traceId, 1)
    expect(span?.status).toBeUndefined()
  })

  test('are not made of a trace that is not to be recorded', async () => {
    await router.infer({ traceparent: `00-${TRACE}-${CALLER}-00` })
    const traceId = 'd'.repeat(32)
    await router.infer({ traceparent: `00-${traceId}-${CALLER}-01` })
    await receiver.spansOf(traceId, 2)
    expect(receiver.spans.map(({ traceId: id }) => id)).not.toContain(TRACE)
  })

  test('are lost, and counted, when the receiver refuses them; requests are answered', async () => {
    receiver.status = 503
    const lost = 'mesh_observations_lost_total{kind="spans"}'
    const before = valueOf(await metrics(), lost)
    expect((await router.infer()).status).toBe(200)
    await expect
      .poll(async () => valueOf(await metrics(), lost), { timeout: 10_000 })
      .toBeGreaterThan(before)
    receiver.status = 200
  })
})

test('settings of traces that are wrong cost traces and nothing else', async () => {
  const wrong = await startTestRouter({ OTLP_ENDPOINT: 'https://10.0.0.1', OTLP_HEADERS: '=' })
  try {
    expect((await wrong.infer()).status).toBe(200)
  } finally {
    await wrong.stop()
  }
})
