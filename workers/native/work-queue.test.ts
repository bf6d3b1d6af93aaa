import { describe, expect, test } from 'vitest'

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
  const results = [a, b, c].map(({ run }) => queue.admitFor('m')(run))
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
  const taken = [queue.admitFor('m')(a.run), queue.admitFor('m')(b.run)]
  await expect(queue.admitFor('m')(async () => 'no')).rejects.toMatchObject({
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
  const first = queue.admitFor('m')(a.run)
  const expired = queue.admitFor('m')(late.run, Date.now() - 1)
  const third = queue.admitFor('m')(c.run)
  a.finish()
  c.finish()
  await expect(expired).rejects.toMatchObject({ code: 'deadline_exceeded' })
  expect(late.started()).toBe(false)
  expect(await Promise.all([first, third])).toEqual(['done', 'done'])
})

test('gives the place on when work fails', async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 1 })
  const failing = queue.admitFor('m')(async () => {
    throw new Error('broken')
  })
  const next = queue.admitFor('m')(async () => 'fine')
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('fine')
  expect(queue.running).toBe(0)
})

test('once closed refuses new work, lets the waiting finish, and tells when all is done', async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 1 })
  const [a, b] = [task(), task()]
  const taken = [queue.admitFor('m')(a.run), queue.admitFor('m')(b.run)]
  queue.close()
  await expect(queue.admitFor('m')(async () => 'no')).rejects.toMatchObject({
    code: 'shutting_down',
  })
  let drained = false
  const done = queue.drained().then(() => (drained = true))
  a.finish()
  await settle()
  expect(drained).toBe(false)
  b.finish()
  await Promise.all([...taken, done])
  expect(drained).toBe(true)
})

/** They stood in one line: a call of a millisecond waited for a hundred of another model's. */
describe('models of one node', () => {
  /** What is let in, in order, when so many ask for each model while its only place is taken. */
  async function orderOf(capacity: number, ...models: string[]) {
    const queue = new WorkQueue({ concurrency: 1, capacity })
    const first = task()
    const taken = queue.admitFor('first')(first.run)
    const begun: string[] = []
    const refused: number[] = []
    const all = models.map((model, i) =>
      queue
        .admitFor(model)(async () => begun.push(model))
        .catch(() => refused.push(i)),
    )
    first.finish()
    await Promise.all([taken, ...all])
    expect([queue.running, queue.waiting]).toEqual([0, 0])
    return { begun: begun.join(''), refused: refused.toSorted((a, b) => a - b) }
  }

  test('take turns, whoever has more who wait', async () => {
    const { begun, refused } = await orderOf(10, 'a', 'a', 'a', 'a', 'b', 'c', 'b')
    expect(begun).toBe('abcabaa')
    expect(refused).toEqual([])
  })

  test('make room for one that has fewer who wait, and not for one that has as many', async () => {
    const { begun, refused } = await orderOf(3, 'a', 'a', 'a', 'b', 'b', 'c')
    expect(begun).toBe('abc')
    expect(refused).toEqual([1, 2, 4])
  })

  test('have no line where nobody may wait', async () => {
    expect(await orderOf(0, 'a', 'b')).toEqual({ begun: '', refused: [0, 1] })
  })
})
