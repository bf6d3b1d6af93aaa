import { expect, test } from 'vitest'

import { deployment } from '../registry-fixture.ts'
import { HealthBoard } from '../resilience/health-board.ts'
import { MirrorGate } from './mirror-gate.ts'

/** Work that ends when it is told to. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { work: () => promise, end: resolve, fail: reject }
}

test('lets four in at a time, and the next when one has ended, also badly', async () => {
  const [gate, board] = [new MirrorGate(), new HealthBoard()]
  const [first, second, ...others] = [held(), held(), held(), held()]
  const entered = [first, second, ...others].map((own) => own && gate.enter(board, own.work))
  expect(entered.every(Boolean)).toBe(true)
  expect(gate.enter(board, held().work)).toBeUndefined()
  first?.end()
  await entered[0]
  expect(gate.enter(board, held().work)).toBeDefined()
  second?.fail(new Error('it broke'))
  await expect(entered[1]).rejects.toThrow('it broke')
  expect(gate.enter(board, held().work)).toBeDefined()
})

test('lets nobody in while the isolate has its hands full', () => {
  const [gate, board] = [new MirrorGate(), new HealthBoard()]
  const health = board.of(deployment())
  const calls = Array.from({ length: 32 }, () => health.begin(0))
  expect(gate.enter(board, held().work)).toBeUndefined()
  for (const call of calls.slice(0, 1)) health.answered(call, 1)
  expect(gate.enter(board, held().work)).toBeDefined()
})
