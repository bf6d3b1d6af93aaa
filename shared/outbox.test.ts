import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { Outbox } from './outbox.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const create = (capacity = 3) => new Outbox<number>({ name: 'test', capacity, delayMs: 1_000 })
/** Posts each number and remembers the batches that left. */
function posting(outbox: Outbox<number>) {
  const batches: number[][] = []
  const send = async (batch: readonly number[]) => {
    batches.push([...batch])
  }
  let scheduled = 0
  const post = (...items: number[]) => {
    for (const item of items) outbox.post(item, send, () => scheduled++)
  }
  return { batches, send, post, scheduled: () => scheduled }
}

test('sends what came within the delay as one batch, once', async () => {
  const { batches, post, scheduled } = posting(create())
  post(1, 2)
  await vi.advanceTimersByTimeAsync(999)
  expect(batches).toEqual([])
  post(3)
  await vi.advanceTimersByTimeAsync(5_000)
  expect([batches, scheduled()]).toEqual([[[1, 2, 3]], 1])
})

test('lets the oldest go when it is full, and counts them', async () => {
  const outbox = create()
  const { batches, post } = posting(outbox)
  post(1, 2, 3, 4, 5)
  await vi.advanceTimersByTimeAsync(1_000)
  expect([batches, outbox.lost]).toEqual([[[3, 4, 5]], 2])
})

test('counts a batch that could not be sent as lost, and sends the next', async () => {
  const outbox = create()
  const { batches, post } = posting(outbox)
  outbox.post(
    1,
    async () => {
      throw new Error('no')
    },
    () => undefined,
  )
  await vi.advanceTimersByTimeAsync(1_000)
  post(2)
  await vi.advanceTimersByTimeAsync(1_000)
  expect([outbox.lost, batches]).toEqual([1, [[2]]])
})

test('does not wait for a departure that was ended with its request', () => {
  const { post, scheduled } = posting(create())
  post(1)
  vi.clearAllTimers() // the request's context is gone, and its timers with it
  vi.setSystemTime(Date.now() + 60_000)
  post(2)
  expect(scheduled()).toBe(2)
})
