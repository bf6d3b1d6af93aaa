import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { calls, ok, outcomes, problem, send, type Reply } from './dispatch-fixture.ts'
import { describeRoute } from './attempt-record.ts'
import { HealthBoard } from '../resilience/health-board.ts'

/** The fixture's node `n0`, as the board knows it. */
const FIRST = { id: 'tone@1/n0', modelId: 'tone', target: 'TONE' }
const SECOND = { ...FIRST, id: 'tone@1/n1' }

beforeEach(() => {
  calls.length = 0
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => vi.restoreAllMocks())

const asked = () => calls.map(({ node }) => node)

/** Never answers by itself; ends when it is cancelled. */
const silent: Reply = (call) =>
  new Promise((_, reject) => {
    call.signal.addEventListener('abort', () => reject(call.signal.reason as Error))
  })

function after(ms: number, reply: Reply): Reply {
  return async (call) => {
    await new Promise((resolve) => setTimeout(resolve, ms))
    return reply(call)
  }
}

/** A board that has seen the first node answer within 10 ms often enough to know it. */
function acquainted(): HealthBoard {
  const board = new HealthBoard()
  for (let i = 0; i < 30; i++) board.of(FIRST).latency.observe(10, Date.now())
  return board
}

describe('a hedge', () => {
  test('is asked when the first is later than it usually is; the first answer wins, the other is cancelled', async () => {
    const { attempts, deployment } = await send([silent, ok], { board: acquainted() })
    expect(deployment.node).toBe('n1')
    expect(attempts).toMatchObject([
      { node: 'n1', kind: 'hedge', outcome: 'ok' },
      { node: 'n0', kind: 'first', outcome: 'cancelled' },
    ])
    expect(calls[0]?.call.signal.aborted).toBe(true)
    expect(describeRoute(attempts)).toMatch(/ok;[\d.]+ms;hedge, .*cancelled/)
  })

  test('is cancelled itself when the first answers after all', async () => {
    const { attempts } = await send([after(40, ok), silent], { board: acquainted() })
    expect(attempts).toMatchObject([
      { node: 'n0', outcome: 'ok' },
      { node: 'n1', kind: 'hedge', outcome: 'cancelled' },
    ])
    expect(calls[1]?.call.signal.aborted).toBe(true)
  })

  test('is not made while too little is known of how long the first takes', async () => {
    await send([after(60, ok), ok])
    expect(asked()).toEqual(['n0'])
  })

  test('is not made without leave of the budget, and the first is waited for', async () => {
    const board = acquainted()
    while (board.budget.take(Date.now())) continue
    const { attempts } = await send([after(40, ok), ok], { board })
    expect(asked()).toEqual(['n0'])
    expect(outcomes(attempts)).toEqual(['ok'])
    // nor does what isn't made cost its deployment one of ten
    const { hedges } = board.of(FIRST)
    expect(Array.from({ length: 10 }, () => hedges.take())).not.toContain(false)
  })

  test('is made of no more than one of twenty calls of a deployment, were all of them late', async () => {
    const board = acquainted()
    while (board.of(FIRST).hedges.take()) continue
    await send([after(40, ok), ok], { board })
    expect(asked()).toEqual(['n0'])
    for (let i = 0; i < 21; i++) board.of(FIRST).hedges.answered()
    await send([after(40, ok), after(60, ok)], { board })
    expect(asked()).toEqual(['n0', 'n0', 'n1'])
  })

  test('is asked once, not again and again', async () => {
    const { attempts } = await send([after(60, ok), silent, silent, ok], { board: acquainted() })
    expect(asked()).toEqual(['n0', 'n1'])
    expect(outcomes(attempts)).toEqual(['ok', 'cancelled'])
  })

  test('that fails leaves the first on its way, and nobody else is asked meanwhile', async () => {
    const { attempts } = await send([after(60, ok), () => problem('runtime_trap'), ok], {
      board: acquainted(),
    })
    expect(asked()).toEqual(['n0', 'n1'])
    expect(outcomes(attempts)).toEqual(['runtime_trap', 'ok'])
  })

  test('that keeps winning opens the breaker of what hangs, though no call of it ever fails', async () => {
    const board = acquainted()
    for (let i = 0; i < 6; i++) {
      await send([silent, ok], { board })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    calls.length = 0
    await send([silent, ok], { board })
    expect(asked()).toEqual(['n1'])
  })

  /** A deployment that hangs answers nothing, and had no hedges left once ten calls at once had had theirs. */
  test('finds out what hangs, however many were late at once before', async () => {
    const board = acquainted()
    const ask = async () => {
      const { attempts } = await send([silent, ok], { board, deadlineMs: 1_000 })
      return outcomes(attempts)
    }
    await Promise.all(Array.from({ length: 10 }, ask))
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(await ask()).toEqual(['ok', 'cancelled'])
    }
    expect(await ask()).toEqual(['ok'])
  })

  test('that wins many times at once says no more than once', async () => {
    const board = acquainted()
    await Promise.all(Array.from({ length: 10 }, () => send([silent, ok], { board })))
    expect(board.of(FIRST).breaker.state(Date.now())).toBe('closed')
  })

  /** Whoever sent invalid requests at a quiet time once taught that an inference takes a millisecond. */
  test('and the places of a deployment are not learned from complaints', async () => {
    const board = new HealthBoard()
    for (let i = 0; i < 100; i++) await send([() => problem('invalid_input')], { board })
    const { latency, concurrency, inFlight } = board.of(FIRST)
    for (let i = 0; i < 100; i++) concurrency.answered({ ms: 60, inFlight: 2, joined: 1 }, i * 100)
    expect([latency.mean(Date.now(), 7), concurrency.limit, inFlight]).toEqual([7, 64, 0])
  })

  test('leaves no call counted as on its way', async () => {
    const board = acquainted()
    await send([silent, ok], { board })
    await send([after(30, ok), silent], { board })
    expect(board.of(FIRST).inFlight).toBe(0)
    expect(board.find({ id: 'tone@1/n1', target: 'TONE' })?.inFlight).toBe(0)
  })
})

describe('a retry', () => {
  test('is not made without leave of the budget: the failure is answered', async () => {
    const board = new HealthBoard()
    while (board.budget.take(Date.now())) continue
    const refused = send([() => problem('runtime_trap'), ok], { board })
    await expect(refused).rejects.toMatchObject({ code: 'runtime_trap' })
    expect(asked()).toEqual(['n0'])
  })

  test("is never made of the caller's own error, and costs nothing then", async () => {
    const board = new HealthBoard()
    await send([() => problem('invalid_request'), ok], { board })
    expect(asked()).toEqual(['n0'])
    expect(board.budget.available(Date.now())).toBe(100)
  })
})

describe('a deployment that keeps failing', () => {
  const trap: Reply = () => problem('runtime_trap')

  test('is asked last from its fifth failure on, and first again when a probe succeeded', async () => {
    const board = new HealthBoard()
    for (let i = 0; i < 5; i++) await send([trap, ok], { board })
    calls.length = 0
    await send([trap, ok], { board })
    expect(asked()).toEqual(['n1'])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6_000 })
    calls.length = 0
    await send([ok, ok], { board })
    await send([ok, ok], { board })
    expect(asked()).toEqual(['n0', 'n0'])
    vi.useRealTimers()
  })

  test('is still asked when nobody else is left: a request is not lost to caution', async () => {
    const board = new HealthBoard()
    for (let i = 0; i < 5; i++) await send([trap, trap], { board }).catch(() => undefined)
    calls.length = 0
    await send([ok, trap], { board })
    expect(asked()).toEqual(['n0'])
  })

  test('is not held for failing when it only was busy or the input was wrong', async () => {
    const board = new HealthBoard()
    const { limit } = board.of(FIRST).concurrency
    for (let i = 0; i < 10; i++) await send([() => problem('overloaded'), ok], { board })
    for (let i = 0; i < 10; i++) await send([() => problem('invalid_input'), ok], { board })
    expect(board.of(FIRST).breaker.state(Date.now())).toBe('closed')
    expect(board.of(FIRST).concurrency.limit).toBeLessThan(limit)
  })

  test('is left alone for as long as it asked', async () => {
    const board = new HealthBoard()
    const later: Reply = () =>
      new Response(null, { status: 503, headers: { 'retry-after': '20', 'content-length': '0' } })
    await send([later, ok], { board })
    calls.length = 0
    await send([ok, ok], { board })
    expect(asked()).toEqual(['n1'])
    expect(board.of(FIRST).breaker.retryAt).toBeGreaterThan(Date.now() + 15_000)
  })
})

test('a full deployment is passed over for one that has room', async () => {
  const board = new HealthBoard()
  const health = board.of(FIRST)
  for (let i = 0; i < health.concurrency.limit; i++) health.begin(Date.now())
  await send([ok, ok], { board })
  expect(asked()).toEqual(['n1'])
})

describe('where every deployment is full', () => {
  /** A board on which the first nodes have as many calls on their way as they take; `finish` ends one of a node's. */
  function full(...nodes: readonly { id: string; modelId: string; target: string }[]) {
    const board = new HealthBoard()
    const underway = nodes.map((own) => {
      const health = board.of(own)
      for (let i = 0; i < 100; i++) health.latency.observe(5, Date.now())
      const begun = Array.from({ length: health.concurrency.limit }, () => health.begin(Date.now()))
      return { health, begun }
    })
    const finish = (node: number) => {
      const { health, begun } = underway[node] ?? {}
      const [one] = begun?.splice(0, 1) ?? []
      // not by an answer, which would make it more places
      if (one) health?.cancelled(one, Date.now())
    }
    return { board, finish }
  }
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

  test('a request waits for a place, and is answered when there is one', async () => {
    const { board, finish } = full(FIRST)
    const sent = send([ok], { board })
    await pause()
    expect(asked()).toEqual([])
    finish(0)
    expect(outcomes((await sent).attempts)).toEqual(['ok'])
  })

  test('is refused with a typed error when no place will be free in time', async () => {
    const { board } = full(FIRST)
    await expect(send([ok], { board, deadlineMs: 30 })).rejects.toMatchObject({
      code: 'shed',
      retryable: true,
      retryAfter: 1,
    })
    expect(asked()).toEqual([])
  })

  describe('who waits in vain for the best, beside another that has room by then', () => {
    /** Half a second is left when there is no sense in waiting any longer: half of that for the other. */
    async function sendBeside(usualMs: number) {
      const { board, finish } = full(FIRST, SECOND)
      board.of(FIRST).latency.observe(500, Date.now())
      board.of(SECOND).latency.observe(usualMs, Date.now())
      const sent = send([ok, ok], { board, deadlineMs: 1_000 })
      await pause()
      finish(1)
      return sent
    }

    /** It was shed. */
    test('asks that one', async () => {
      await sendBeside(5)
      expect(asked()).toEqual(['n1'])
    })

    /** It would have been late, and the other one blamed for it. */
    test('is shed, if that one would be too late', async () => {
      await expect(sendBeside(400)).rejects.toMatchObject({ code: 'shed' })
      expect(asked()).toEqual([])
    })
  })

  /** Its line waited on until it was shed. */
  test('nobody waits for one that fails', async () => {
    const { board, finish } = full(FIRST, SECOND)
    const sent = [1, 2, 3].map(() => send([ok, ok], { board }))
    await pause()
    for (let i = 0; i < 3; i++) finish(1)
    board.of(FIRST).breaker.pause(60_000, Date.now())
    finish(0)
    await pause()
    expect(asked()).toEqual(['n1', 'n1', 'n1'])
    await Promise.all(sent)
  })

  /** It stood empty beside those who waited. */
  test('a place whose owner went elsewhere goes to the next in line', async () => {
    const { board, finish } = full(SECOND)
    board.of(FIRST).breaker.pause(10, Date.now())
    const sent = [1, 2].map(() => send([ok, ok], { board }))
    await pause()
    const { line } = board.of(SECOND)
    expect([asked(), line.length]).toEqual([[], 2])
    finish(0)
    await pause()
    expect(line.length).toBe(0)
    await Promise.all(sent)
    expect(asked()).toContain('n0')
  })
})
