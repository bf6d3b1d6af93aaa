import { expect, test } from 'vitest'

import { MirrorGate } from './mirror-gate.ts'

const IDLE = { underway: 1 }

/** Work that ends when it is told to. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { work: () => promise, end: resolve, fail: reject }
}

test('lets four in at a time, and the next when one has ended, also badly', async () => {
  const gate = new MirrorGate()
  const [first, second, ...others] = [held(), held(), held(), held()]
  const entered = [first, second, ...others].map((own) => own && gate.enter(IDLE, own.work))
  expect(entered.every(Boolean)).toBe(true)
  expect(gate.enter(IDLE, held().work)).toBeUndefined()
  first?.end()
  await entered[0]
  expect(gate.enter(IDLE, held().work)).toBeDefined()
  second?.fail(new Error('it broke'))
  await expect(entered[1]).rejects.toThrow('it broke')
  expect(gate.enter(IDLE, held().work)).toBeDefined()
})

test('lets nobody in while the isolate has its hands full', () => {
  const gate = new MirrorGate()
  expect(gate.enter({ underway: 32 }, held().work)).toBeUndefined()
  expect(gate.enter({ underway: 31 }, held().work)).toBeDefined()
})
