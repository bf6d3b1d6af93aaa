import { afterEach, beforeEach, describe, expect, test, vi, type MockInstance } from 'vitest'

import {
  CHECK_TIMEOUT_MS,
  FRESH_MS,
  LOAD_TIMEOUT_MS,
  RECHECK_INTERVAL_MS,
  Registry,
  STALE_MS,
} from './registry.ts'
import { SlowRegistrySource } from './slow-source-fixture.ts'

const NEVER = new Promise<never>(() => {})

let database: SlowRegistrySource
let registry: Registry
let behind: Promise<unknown>[]
let logged: MockInstance<typeof console.error>
const defer = (work: Promise<unknown>) => void behind.push(work)
const current = () => registry.current(database, defer)
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const fail = () => Promise.reject(new Error('D1 is down'))

beforeEach(() => {
  vi.useFakeTimers()
  logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  database = new SlowRegistrySource()
  registry = new Registry()
  behind = []
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('with no snapshot yet', () => {
  test('loads once and then answers from memory', async () => {
    await current()
    await pass(FRESH_MS)
    await current()
    expect(database).toMatchObject({ snapshotReads: 1, versionReads: 0 })
  })

  test('throws registry_unavailable when D1 fails, and tries again at the next request', async () => {
    database.before = fail
    await expect(current()).rejects.toMatchObject({ code: 'registry_unavailable', retryAfter: 1 })
    database.before = async () => {}
    await expect(current()).resolves.toMatchObject({ version: 1 })
  })

  test('throws registry_unavailable when D1 hangs, instead of hanging too', async () => {
    database.before = () => NEVER
    const refused = expect(current()).rejects.toMatchObject({ code: 'registry_unavailable' })
    await pass(LOAD_TIMEOUT_MS)
    await refused
  })
})

describe('with a snapshot past its freshness', () => {
  beforeEach(async () => {
    await current()
    behind = []
    await pass(FRESH_MS + 1)
  })

  test('answers at once and checks behind the request, once for all that come meanwhile', async () => {
    database.before = () => NEVER
    expect((await current()).version).toBe(1)
    expect((await current()).version).toBe(1)
    expect(behind).toHaveLength(1)
    expect(database.versionReads).toBe(1)
  })

  test('does not read again while the counter stands still', async () => {
    await current()
    await Promise.all(behind)
    expect(database.snapshotReads).toBe(1)
    expect(registry.age).toBe(0)
  })

  test('gives the next request what changed', async () => {
    database.version = 2
    expect((await current()).version).toBe(1)
    await Promise.all(behind)
    expect((await current()).version).toBe(2)
  })

  test('keeps the snapshot when the check fails, says so once, and recovers', async () => {
    database.before = fail
    for (let i = 0; i < 4; i++) {
      expect((await current()).version).toBe(1)
      await pass(FRESH_MS + 1)
    }
    expect(registry.failing).toBe(true)
    expect(logged).toHaveBeenCalledTimes(1)
    expect(logged.mock.calls[0]?.[0]).toContain('D1 is down')
    database.before = async () => {}
    await current()
    await Promise.all(behind)
    expect(registry.failing).toBe(false)
  })
})

describe('with a snapshot too old to answer from unchecked', () => {
  beforeEach(async () => {
    await current()
    behind = []
    await pass(STALE_MS + 1)
  })

  test('waits for the check, so that a revoked key is refused', async () => {
    database.version = 2
    expect((await current()).version).toBe(2)
  })

  test('waits no longer than a second for D1 and then keeps what it has', async () => {
    database.before = () => NEVER
    const answer = current()
    await pass(CHECK_TIMEOUT_MS)
    expect((await answer).version).toBe(1)
    expect(registry.failing).toBe(true)
  })

  test('lets no other request wait for D1 that has just failed', async () => {
    database.before = fail
    await current()
    database.before = () => NEVER
    expect((await current()).version).toBe(1)
    expect(database.versionReads).toBe(1)
  })

  test('still takes a load that came later than the request could wait', async () => {
    database.version = 2
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, CHECK_TIMEOUT_MS * 3))
    database.after = slow
    const answer = current()
    await pass(CHECK_TIMEOUT_MS)
    expect((await answer).version).toBe(1)
    expect(behind).toHaveLength(1) // else workerd would cancel it with the request
    await pass(CHECK_TIMEOUT_MS * 3)
    await Promise.all(behind)
    expect((await current()).version).toBe(2)
  })
})

describe('before a refusal', () => {
  test('looks again at once, but at most once a second', async () => {
    await current()
    await pass(RECHECK_INTERVAL_MS)
    database.version = 2
    expect((await registry.recheck(database, defer)).version).toBe(2)
    database.version = 3
    expect((await registry.recheck(database, defer)).version).toBe(2)
    await pass(RECHECK_INTERVAL_MS)
    expect((await registry.recheck(database, defer)).version).toBe(3)
  })

  test('refuses from the last snapshot when D1 fails', async () => {
    await current()
    await pass(RECHECK_INTERVAL_MS)
    database.before = fail
    expect((await registry.recheck(database, defer)).version).toBe(1)
  })
})

describe('around a change', () => {
  test('never lets an older load that ends later replace a newer one', async () => {
    await current()
    await pass(FRESH_MS + 1)
    let release = () => {}
    database.version = 2
    database.after = () => new Promise((resolve) => (release = resolve))
    await current() // its load has read version 2 and hangs
    await pass(0)
    database.after = async () => {}
    database.version = 3
    await registry.reload(database)
    release()
    await Promise.all(behind)
    expect((await current()).version).toBe(3)
  })

  test('never lets a check of the old snapshot bring it back', async () => {
    await current()
    await pass(FRESH_MS + 1)
    let release = () => {}
    database.before = () => new Promise((resolve) => (release = resolve))
    await current() // its check has read counter 1 and hangs
    database.before = async () => {}
    database.version = 2
    await registry.reload(database)
    release()
    await Promise.all(behind)
    expect((await current()).version).toBe(2)
  })

  test('takes a counter that went back: the database was restored', async () => {
    database.version = 9
    await current()
    database.version = 4
    expect((await registry.latest(database)).version).toBe(4)
    expect((await current()).version).toBe(4)
  })

  test('never checks a change against an old snapshot: it fails instead', async () => {
    await current()
    database.before = fail
    await expect(registry.latest(database)).rejects.toMatchObject({ code: 'registry_unavailable' })
  })

  test('does not fail a change that is stored when only the reload fails, and checks at once', async () => {
    await current()
    database.version = 2
    database.before = fail
    await registry.reload(database)
    await pass(FRESH_MS + 1)
    database.before = async () => {}
    expect((await current()).version).toBe(2)
  })
})

describe('leases', () => {
  const LEASED = { id: 'd', leaseSeconds: 60 }
  const isOver = () => registry.leases.overSince(LEASED, Date.now()) !== undefined
  const renew = () => {
    const id = database.leases.length + 1
    database.leases.push({ id, deploymentId: 'd', expiresAt: Date.now() + 60_000 })
  }

  test('are read along with each check, though no counter moves', async () => {
    renew()
    await current()
    await pass(50_000)
    renew()
    await current()
    await pass(FRESH_MS + 1)
    await current()
    await pass(55_000)
    expect([isOver(), database.snapshotReads]).toEqual([false, 1])
  })

  test('are those of a database that was restored, whose renewals have ids that were known before', async () => {
    database.version = 5
    for (let i = 0; i < 9; i++) renew()
    await current()
    await pass(50_000)
    database.version = 3
    database.leases = []
    renew()
    await registry.latest(database)
    await pass(20_000)
    expect(isOver()).toBe(false)
  })

  test('stand still while D1 fails, since nobody can renew, and end as they should when it is back', async () => {
    renew()
    await current()
    await pass(FRESH_MS + 1)
    database.before = fail
    await current()
    await pass(300_000)
    expect(isOver()).toBe(false)
    database.before = async () => {}
    await current()
    await pass(59_000)
    expect(isOver()).toBe(false)
    await pass(2_000)
    expect(isOver()).toBe(true)
  })
})
