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
  const admit = queue.admitFor('m')
  const [a, b, c] = [task(), task(), task()]
  const results = [a, b, c].map(({ run }) => admit(run))
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
  const admit = queue.admitFor('m')
  const [a, b] = [task(), task()]
  const taken = [admit(a.run), admit(b.run)]
  await expect(admit(async () => 'no')).rejects.toMatchObject({
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
  const admit = queue.admitFor('m')
  const [a, late, c] = [task(), task(), task()]
  const first = admit(a.run)
  const expired = admit(late.run, Date.now() - 1)
  const third = admit(c.run)
  a.finish()
  c.finish()
  await expect(expired).rejects.toMatchObject({ code: 'deadline_exceeded' })
  expect(late.started()).toBe(false)
  expect(await Promise.all([first, third])).toEqual(['done', 'done'])
})

test('gives the place on when work fails', async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 1 })
  const admit = queue.admitFor('m')
  const failing = admit(async () => {
    throw new Error('broken')
  })
  const next = admit(async () => 'fine')
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('fine')
  expect(queue.running).toBe(0)
})

test('once closed refuses new work, lets the waiting finish, and tells when all is done', async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 1 })
  const admit = queue.admitFor('m')
  const [a, b] = [task(), task()]
  const taken = [admit(a.run), admit(b.run)]
  queue.close()
  await expect(admit(async () => 'no')).rejects.toMatchObject({
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
  /** How long the work of each takes. */
  const TAKES: Readonly<Record<string, number>> = { a: 10, b: 10, c: 10, quick: 2 }

  /** What is let in, in order, when so many ask for each model while the only place is taken. */
  async function orderOf(capacity: number, ...asked: (string | { expired: string })[]) {
    let now = 0
    const queue = new WorkQueue({ concurrency: 1, capacity, clock: { now: () => now } })
    const models = new Map(Object.keys(TAKES).map((model) => [model, queue.admitFor(model)]))
    const first = task()
    const taken = queue.admitFor('first')(first.run)
    const begun: string[] = []
    const refused: number[] = []
    const all = asked.map((own, i) => {
      const [model, expiresAt] = typeof own === 'string' ? [own] : [own.expired, Date.now() - 1]
      return models
        .get(model)?.(async () => {
          begun.push(model)
          now += TAKES[model] ?? 0
        }, expiresAt)
        .catch(() => refused.push(i))
    })
    first.finish()
    await Promise.all([taken, ...all])
    expect([queue.running, queue.waiting]).toEqual([0, 0])
    return { begun: begun.join(' '), refused: refused.toSorted((a, b) => a - b) }
  }

  test('take turns, whoever has more who wait', async () => {
    const { begun, refused } = await orderOf(10, 'a', 'a', 'a', 'a', 'b', 'c', 'b')
    expect(begun).toBe('a b c a b a a')
    expect(refused).toEqual([])
  })

  test('have the same time each, not the same number of calls', async () => {
    const { begun } = await orderOf(
      20,
      ...Array.from({ length: 3 }, () => 'a'),
      ...Array.from({ length: 12 }, () => 'quick'),
    )
    expect(begun).toMatch(/^a (quick ){5}a (quick ){5}a/)
  })

  test('lose no turn by what expired', async () => {
    const { begun, refused } = await orderOf(10, { expired: 'a' }, 'a', 'b', 'b')
    expect(begun).toBe('a b b')
    expect(refused).toEqual([0])
  })

  test('make room for one that has fewer who wait, and not for one that has as many', async () => {
    const { begun, refused } = await orderOf(3, 'a', 'a', 'a', 'b', 'b', 'c')
    expect(begun).toBe('a b c')
    expect(refused).toEqual([1, 2, 4])
  })

  test('refuse nobody while there are some whose time is over', async () => {
    const { begun, refused } = await orderOf(2, { expired: 'a' }, 'a', 'b')
    expect(begun).toBe('a b')
    expect(refused).toEqual([0])
  })

  test('have one line each, whoever admits to it', async () => {
    const queue = new WorkQueue({ concurrency: 1, capacity: 5 })
    const first = task()
    const all = [queue.admitFor('a')(first.run), queue.admitFor('a')(async () => 'next')]
    queue.admitFor('a')
    first.finish()
    expect(await Promise.all(all)).toEqual(['done', 'next'])
  })

  test('have no line where nobody may wait', async () => {
    expect(await orderOf(0, 'a', 'b')).toEqual({ begun: '', refused: [0, 1] })
  })
})

/** It would have been served alone until it had used as much as others in an hour. */
test('a model that rested has saved up nothing', async () => {
  let now = 0
  const queue = new WorkQueue({ concurrency: 1, capacity: 20, clock: { now: () => now } })
  const [busy, rested] = [queue.admitFor('busy'), queue.admitFor('rested')]
  const begun: string[] = []
  const run = (model: string) => async () => {
    begun.push(model)
    now += 10
    await settle()
  }
  for (let i = 0; i < 5; i++) await busy(run('busy'))
  const late = [busy, rested, rested, rested, busy].map((admit, i) =>
    admit(run(i === 0 || i === 4 ? 'busy' : 'rested')),
  )
  await Promise.all(late)
  expect(begun.slice(5)).toEqual(['busy', 'rested', 'busy', 'rested', 'rested'])
})

/** A quick model's calls waited for a whole run of the slow one though there were two places. */
test('a slow model does not get the second place too while a quick one waits', async () => {
  let now = 0
  const queue = new WorkQueue({ concurrency: 2, capacity: 20, clock: { now: () => now } })
  const [slow, quick, other] = [
    queue.admitFor('slow'),
    queue.admitFor('quick'),
    queue.admitFor('other'),
  ]
  const takes = (ms: number) => async () => {
    now += ms
  }
  await slow(takes(50))
  await quick(takes(1))
  const [one, two, long] = [task(), task(), task()]
  const taken = [other(one.run), other(two.run)]
  const begun: string[] = []
  const all = [1, 2, 3].flatMap((n) => [
    slow(async () => {
      begun.push('slow')
      if (n === 1) await long.run()
    }),
    quick(async () => {
      begun.push('quick')
      now += 1
    }),
  ])
  one.finish()
  await settle()
  two.finish()
  await settle()
  expect(begun.slice(0, 4)).toEqual(['slow', 'quick', 'quick', 'quick'])
  long.finish()
  await Promise.all([...taken, ...all])
})

/** A graph that took three seconds to load kept its model from places until each other one had used as much. */
test('what a model used before the node rested is forgotten', async () => {
  let now = 0
  const queue = new WorkQueue({ concurrency: 1, capacity: 20, clock: { now: () => now } })
  const [loaded, other] = [queue.admitFor('loaded'), queue.admitFor('other')]
  const begun: string[] = []
  const run = (model: string) => async () => {
    begun.push(model)
    now += 10
    await settle()
  }
  await loaded(async () => {
    now += 3_000
  })
  const all = [other(run('other')), loaded(run('loaded')), other(run('other'))]
  await Promise.all(all)
  expect(begun.slice(0, 2)).toEqual(['other', 'loaded'])
})
