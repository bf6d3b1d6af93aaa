import { beforeEach, describe, expect, test } from 'vitest'

import { calls, ok, outcomes, problem, send, type Reply } from './dispatch-fixture.ts'
import { DispatchError } from './dispatch-error.ts'
import { candidate } from '../registry/registry-fixture.ts'
import { HealthBoard } from '../resilience/health-board.ts'

beforeEach(() => {
  calls.length = 0
})

const gone: Reply = () => {
  throw new TypeError('the connection was cut')
}
/** Fails so often, then answers. */
function backAfter(failures: number): Reply {
  let left = failures
  return (call) => (left-- > 0 ? gone(call) : ok(call))
}
const asked = () => calls.map(({ node }) => node)

describe('when nobody could be reached', () => {
  test('all are asked again after a pause, and who is back by then answers', async () => {
    const { attempts, deployment } = await send([gone, backAfter(1)])
    expect(asked()).toEqual(['n0', 'n1', 'n0', 'n1'])
    expect(outcomes(attempts)).toEqual(['unreachable', 'unreachable', 'unreachable', 'ok'])
    expect(attempts.map(({ kind }) => kind)).toEqual(['first', 'retry', 'retry', 'retry'])
    expect(deployment.node).toBe('n1')
  })

  test('a second and longer pause is the last: then the failure is told', async () => {
    const failed = await send([gone]).catch((err: unknown) => err)
    expect(asked()).toEqual(['n0', 'n0', 'n0'])
    expect(failed).toMatchObject({
      code: 'unreachable',
      message: 'tone@1 on n0 could not answer, and no other was asked',
      retryAfter: 1,
    })
  })

  test('nobody is asked again without leave of the retry budget', async () => {
    const board = new HealthBoard()
    while (board.budget.take(Date.now()));
    await expect(send([gone], { board })).rejects.toThrow(DispatchError)
    expect(asked()).toEqual(['n0'])
  })

  test('nobody is asked again when the deadline would pass meanwhile', async () => {
    await expect(send([gone], { deadlineMs: 150 })).rejects.toThrow(DispatchError)
    expect(asked()).toEqual(['n0'])
  })

  test('what is known to be down is not waited for', async () => {
    const board = new HealthBoard()
    const health = board.of(candidate({ node: 'n0' }))
    health.breaker.pause(60_000, Date.now())
    await expect(send([gone], { board })).rejects.toThrow(DispatchError)
    expect(asked()).toEqual(['n0'])
  })

  test('what is known to be down is asked again where another is waited for', async () => {
    const board = new HealthBoard()
    board.of(candidate({ node: 'n0' })).breaker.pause(60_000, Date.now())
    await send([backAfter(1), gone], { board })
    expect(asked()).toEqual(['n1', 'n0', 'n1', 'n0'])
  })

  test('a request makes no more than twelve attempts, however many deployments there are', async () => {
    await expect(send(Array.from({ length: 20 }, () => gone))).rejects.toThrow(DispatchError)
    expect(calls).toHaveLength(12)
  })

  test('only what could not be reached is asked again: what failed at the request might do so each time', async () => {
    await send([() => problem('runtime_trap'), backAfter(1)])
    expect(asked()).toEqual(['n0', 'n1', 'n1'])
  })

  test("a model's complaint of the input is told at once", async () => {
    const { reply } = await send([() => problem('invalid_input'), gone], { models: ['a', 'b'] })
    expect(reply).toHaveProperty('complaint')
    expect(asked()).toEqual(['n0', 'n1'])
  })
})
