import { expect, test } from 'vitest'

import { WorkQueue } from './work-queue.ts'

/** Work that ends when told to. */
function task(): { run: () => Promise<string>; finish: () => void; started: () => boolean } {
  let begun = false
  const { promise, resolve } = Promise.withResolvers<string>()
  return {
    run: () => {
      begun = true
      return promise
    },
    finish: () => resolve('done'),
    started: () => begun,
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('runs as many as it may and the rest in turn', async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 2 })
  const [a, b, c] = [task(), task(), task()]
  const results = [a, b, c].map(({ run }) => queue.admit(run))
  await settle()
  expect([a.started(), b.started(), c.started()]).toEqual([true, false, false])
  a.finish()
  await settle()
  expect([b.started(), c.started()]).toEqual([true, false])
  b.finish()
  c.finish()
  expect(await Promise.all(results)).toEqual(['done', 'done', 'done'])
  expect([queue.running, queue.waiting]).toEqual([0, 0])
})

test('refuses what neither runs nor may wait', async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 1 })
  const [a, b] = [task(), task()]
  const taken = [queue.admit(a.run), queue.admit(b.run)]
  await expect(queue.admit(async () => 'no')).rejects.toMatchObject({
    code: 'queue_full',
    status: 429,
    retryAfter: 1,
  })
  a.finish()
  b.finish()
  await Promise.all(taken)
})

test('never starts what expired while it waited', async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 3 })
  const [a, late, c] = [task(), task(), task()]
  const first = queue.admit(a.run)
  const expired = queue.admit(late.run, Date.now() - 1)
  const third = queue.admit(c.run)
  a.finish()
  c.finish()
  await expect(expired).rejects.toMatchObject({ code: 'deadline_exceeded' })
  expect(late.started()).toBe(false)
  expect(await Promise.all([first, third])).toEqual(['done', 'done'])
})

test('gives the place on when work fails', async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 1 })
  const failing = queue.admit(async () => {
    throw new Error('broken')
  })
  const next = queue.admit(async () => 'fine')
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('fine')
  expect(queue.running).toBe(0)
})

test('once closed refuses new work, lets the waiting finish, and tells when all is done', async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 1 })
  const [a, b] = [task(), task()]
  const taken = [queue.admit(a.run), queue.admit(b.run)]
  queue.close()
  await expect(queue.admit(async () => 'no')).rejects.toMatchObject({ code: 'shutting_down' })
  let drained = false
  const done = queue.drained().then(() => (drained = true))
  a.finish()
  await settle()
  expect(drained).toBe(false)
  b.finish()
  await Promise.all([...taken, done])
  expect(drained).toBe(true)
})
