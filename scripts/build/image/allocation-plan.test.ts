import { expect, test } from 'vitest'

import { AllocationLog, AllocationPlan, SCRATCH_BYTES } from './allocation-plan.ts'

const memory = new WebAssembly.Memory({ initial: 1 })
/** Where a plan puts each block of a log; 0 leaves it to the allocator. */
const places = (log: AllocationLog, sizes: readonly number[]) => {
  const plan = new AllocationPlan(log)
  // the scratch is far above this memory: only kept blocks can be placed without it
  return sizes.map((bytes) => {
    try {
      return plan.place(bytes, memory)
    } catch (err) {
      if (err instanceof RangeError) return 'scratch' as const
      throw err
    }
  })
}

test('what was given back goes out of the way and what was kept does not', () => {
  const log = new AllocationLog()
  log.placed(1_000, 8)
  log.placed(2_000, 16)
  log.release(1_000)
  log.placed(1_000, 24) // the same place once more
  expect(places(log, [8, 16, 24])).toEqual(['scratch', 0, 0])
})

test('an aligned block is known by a place inside of it, also when its lead has become a block', () => {
  const log = new AllocationLog()
  log.placed(1_000, 400) // handed out as 1024
  log.placed(1_000, 8) // the lead, at the very beginning
  log.placed(1_016, 4) // or a little behind
  log.release(1_024)
  expect(places(log, [400, 8, 4])).toEqual(['scratch', 0, 0])
})

test('a block that begins before the pointer and ends before it is not the one', () => {
  const log = new AllocationLog()
  log.placed(1_000, 8)
  log.release(1_024)
  expect(places(log, [8])).toEqual([0])
})

test('a session that asks for other memory the second time is refused', () => {
  const log = new AllocationLog()
  log.placed(1_000, 8)
  expect(() => new AllocationPlan(log).place(9, memory)).toThrow(/other memory the second time/)
  expect(() => places(log, [8, 8])).toThrow(/other memory the second time/)
})

test('the allocator never hears of what lies in the scratch', () => {
  const plan = new AllocationPlan(new AllocationLog())
  expect(plan.release(SCRATCH_BYTES.from)).toBe(1)
  expect(plan.release(-1)).toBe(1) // pointers above 2 GiB come as negative numbers
  expect(plan.release(SCRATCH_BYTES.from - 16)).toBe(0)
})

test('it remembers where the last kept block ends', () => {
  const plan = new AllocationPlan(new AllocationLog())
  plan.placed(3_000, 10)
  plan.placed(1_000, 10)
  expect(plan.keptEnd).toBe(3_010)
})
