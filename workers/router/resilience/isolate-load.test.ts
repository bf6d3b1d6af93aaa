import { describe, expect, test } from 'vitest'

import { MAX_BODY_BYTES } from '#shared/protocol.ts'

import { IsolateLoad, type Arrival } from './isolate-load.ts'

const NORMAL: Arrival = { address: '/infer/a', priority: 'normal', bytes: 100, deadlineMs: 10_000 }
const LOW: Arrival = { ...NORMAL, priority: 'low' }
const SHED = expect.objectContaining({ code: 'shed', retryable: true })

/** Lets in as many as there is room for, up to `most`. */
function fill(load: IsolateLoad, arrival: Arrival, most: number, now = 0) {
  const leaves: ((now: number) => void)[] = []
  try {
    while (leaves.length < most) leaves.push(load.enter(arrival, now))
  } catch (err) {
    expect(err).toEqual(SHED)
  }
  return leaves
}

describe('an isolate', () => {
  test('sheds what comes on top of 192 at one address, and lets in again when one has left', () => {
    const load = new IsolateLoad()
    const [first] = fill(load, NORMAL, 1_000)
    expect(load.underway).toBe(192)
    expect(() => load.enter(NORMAL, 0)).toThrow(SHED)
    first?.(0)
    load.enter(NORMAL, 0)
    expect(load.underway).toBe(192)
  })

  /** Whoever waited for a slow model once filled it, and what a quick one could have answered was shed. */
  test('has room for who asks another address', () => {
    const load = new IsolateLoad()
    fill(load, NORMAL, 1_000)
    expect(fill(load, { ...NORMAL, address: '/infer/b' }, 1_000)).toHaveLength(48)
  })

  test('holds no more than 256, wherever they go', () => {
    const load = new IsolateLoad()
    const at = (i: number) => () => load.enter({ ...NORMAL, address: `/infer/${i}` }, 0)
    for (let i = 0; i < 256; i++) at(i)()
    expect(at(256)).toThrow(SHED)
  })

  test('sheds low priority while half of its room is left for others', () => {
    const load = new IsolateLoad()
    expect(fill(load, LOW, 1_000)).toHaveLength(96)
    expect(fill(load, { ...LOW, address: '/infer/b' }, 1_000)).toHaveLength(24)
    expect(fill(load, { ...NORMAL, address: '/infer/c' }, 1_000)).toHaveLength(102)
  })

  test('holds three of the largest bodies at one address, and four altogether', () => {
    const load = new IsolateLoad()
    const large = { ...NORMAL, bytes: MAX_BODY_BYTES }
    expect(fill(load, large, 100)).toHaveLength(3)
    expect(() => load.enter({ ...large, bytes: 100_000 }, 0)).toThrow(SHED)
    // but a small one
    load.enter(NORMAL, 0)(0)
    load.enter({ ...large, address: '/infer/b' }, 0)
    expect(() => load.enter({ ...NORMAL, address: '/infer/c' }, 0)).toThrow(SHED)
  })

  /** It had kept everybody else out, with a length that nobody reads. */
  test('takes a body that claims to be larger than any may be for the largest', () => {
    const load = new IsolateLoad()
    const claimed = { ...NORMAL, bytes: 1e15 }
    expect(fill(load, claimed, 100)).toHaveLength(3)
    expect(fill(load, { ...claimed, address: '/infer/b' }, 100)).toHaveLength(1)
  })

  test('takes a body of no declared length for the largest', () => {
    expect(fill(new IsolateLoad(), { ...NORMAL, bytes: undefined }, 100)).toHaveLength(3)
  })

  test('has room for bodies again when those before are gone', () => {
    const load = new IsolateLoad()
    const large = { ...NORMAL, bytes: MAX_BODY_BYTES }
    for (const leave of fill(load, large, 100)) leave(0)
    expect(fill(load, large, 100)).toHaveLength(3)
  })

  test('counts who leaves twice once', () => {
    const load = new IsolateLoad()
    const [first, second] = fill(load, NORMAL, 2)
    first?.(0)
    first?.(0)
    expect(load.underway).toBe(1)
    second?.(0)
    expect(load.underway).toBe(0)
  })

  test('forgets who never leaves, since its caller hung up, after more than the longest deadline', () => {
    const load = new IsolateLoad()
    fill(load, NORMAL, 192)
    expect(() => load.enter(NORMAL, 60_000)).toThrow(SHED)
    load.enter(NORMAL, 90_000)
    expect(load.underway).toBe(1)
  })
})

describe('an isolate from which one leaves every 100 ms', () => {
  /** With 60 under way: who comes now leaves in 6 s. */
  function slow(): IsolateLoad {
    const load = new IsolateLoad()
    const leaves = fill(load, NORMAL, 260)
    let now = 0
    for (const leave of leaves.slice(0, leaves.length - 60)) leave((now += 100))
    expect(load.underway).toBe(60)
    return load
  }

  test('sheds who would wait longer than a quarter of its deadline, and says when to come back', () => {
    const load = slow()
    expect(() => load.enter(NORMAL, 20_000)).toThrow(expect.objectContaining({ retryAfter: 6 }))
    load.enter({ ...NORMAL, deadlineMs: 30_000 }, 20_000)
  })

  /** With a bound of 32 for each of them, none of eight was ever found busy. */
  test('sheds who would be late also where many addresses are asked a little', () => {
    const load = new IsolateLoad()
    const at = (i: number) => ({ ...NORMAL, address: `/infer/${i}` })
    const leaves = Array.from({ length: 8 }, (_, i) => fill(load, at(i), 20))
    let now = 0
    for (let round = 0; round < 5; round++) {
      for (const own of leaves) own.pop()?.((now += 100))
    }
    // each has 15 under way, of which one leaves in 800 ms
    expect(() => load.enter(at(3), now)).toThrow(SHED)
    load.enter({ ...at(3), deadlineMs: 60_000 }, now)
  })

  /** Its pace was never measured again: where eight were too many, each that left made it seven. */
  test('lets in again who asks an address that has become fast', () => {
    const load = new IsolateLoad()
    fill(load, { ...NORMAL, address: '/infer/slow' }, 60)
    const leaves = fill(load, NORMAL, 20)
    let now = 0
    const brief = { ...NORMAL, deadlineMs: 1_000 }
    while (load.underway > 67) leaves.pop()?.((now += 100))
    leaves.push(load.enter(brief, now))
    expect(() => load.enter(brief, now)).toThrow(SHED)
    for (let i = 0; i < 100; i++) {
      leaves.pop()?.((now += 1))
      leaves.push(load.enter(brief, now))
    }
    leaves.push(load.enter(brief, now))
  })

  test('lets in at once who asks another address', () => {
    const load = slow()
    load.enter({ ...NORMAL, address: '/infer/b', deadlineMs: 100 }, 20_000)
  })

  test('takes everybody again when few are left', () => {
    const load = new IsolateLoad()
    const leaves = fill(load, NORMAL, 60)
    let now = 0
    for (const leave of leaves.splice(0, 40)) leave((now += 100))
    load.enter({ ...NORMAL, deadlineMs: 100 }, now)
    expect(load.underway).toBe(21)
  })
})
