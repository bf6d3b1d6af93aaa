import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { FRESH_MS, RECHECK_INTERVAL_MS, Registry, TURN_MS } from './registry.ts'
import { SlowRegistrySource } from './slow-source-fixture.ts'

const NEVER = new Promise<never>(() => {})

let database: SlowRegistrySource
let registry: Registry
let behind: Promise<unknown>[]
const defer = (work: Promise<unknown>) => void behind.push(work)
const current = () => registry.current(database, defer)
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  database = new SlowRegistrySource()
  registry = new Registry()
  behind = []
})
afterEach(() => void vi.useRealTimers())

test('one of the first requests reads for all that come meanwhile, and answers them too', async () => {
  let release = () => {}
  database.before = () => new Promise((resolve) => (release = resolve))
  const answers = Promise.all([current(), current(), registry.latest(database)])
  await pass(1_000)
  release()
  await pass(100)
  expect((await answers).map(({ version }) => version)).toEqual([1, 1, 1])
  expect(database.snapshotReads).toBe(1)
})

test('the next one reads when the first failed', async () => {
  let fails = () => {}
  database.before = () => new Promise((_, reject) => (fails = () => reject(new Error('no'))))
  const first = expect(current()).rejects.toMatchObject({ code: 'registry_unavailable' })
  const second = current()
  await pass(100)
  database.before = async () => {}
  fails()
  await pass(100)
  await first
  expect((await second).version).toBe(1)
  expect(database.snapshotReads).toBe(2)
})

test('a read that was cut off is waited for no longer than its turn', async () => {
  database.before = () => NEVER
  const cutOff = current()
  void cutOff.catch(() => {})
  await pass(0)
  database.before = async () => {}
  const answer = current()
  await pass(TURN_MS + 100)
  expect((await answer).version).toBe(1)
})

test('a load that takes longer than snapshots are fresh is not begun again, and serves all who wait', async () => {
  await current()
  await pass(FRESH_MS + 1)
  let release = () => {}
  database.version = 2
  database.after = () => new Promise((resolve) => (release = resolve))
  await current()
  await pass(FRESH_MS + 1)
  expect((await current()).version).toBe(1)
  await pass(RECHECK_INTERVAL_MS)
  const rechecked = registry.recheck(database, defer)
  await pass(100)
  release()
  await pass(100)
  expect((await rechecked).version).toBe(2)
  await Promise.all(behind)
  expect(database.snapshotReads).toBe(2)
})
