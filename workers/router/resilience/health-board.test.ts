import { expect, test } from 'vitest'

import { MeshError } from '#shared/mesh-error.ts'

import { HealthBoard } from './health-board.ts'

const START = 1_700_000_000_000
const trap = new MeshError('runtime_trap', 'it trapped')

/** Each of `nodes` answers 200 calls, of which every tenth fails at the node that is bad. */
function work(board: HealthBoard, nodes: number, bad: number): void {
  for (let node = 0; node < nodes; node++) {
    const health = board.of({ id: `n${node}`, modelId: 'tone', target: 'T' })
    for (let i = 0; i < 200; i++) {
      const call = health.begin(START)
      if (node === bad && i % 10 === 0) health.failed(call, START, trap)
      else health.answered(call, START)
    }
  }
}

test('leaves out a deployment that fails often but never five times in a row, and longer each time', () => {
  const board = new HealthBoard()
  board.sweep(START)
  work(board, 6, 2)
  const bad = board.of({ id: 'n2', modelId: 'tone', target: 'T' })
  expect(bad.admits(START)).toBe(true)
  board.sweep(START + 10_000)
  expect(bad.admits(START + 39_999)).toBe(false)
  expect(bad.admits(START + 40_000)).toBe(true)
  work(board, 6, 2)
  board.sweep(START + 50_000)
  expect(bad.isEjected(START + 109_000)).toBe(true)
})

test('compares deployments of one model only', () => {
  const board = new HealthBoard()
  board.sweep(START)
  work(board, 4, -1)
  const other = board.of({ id: 'x', modelId: 'other', target: 'T' })
  for (let i = 0; i < 200; i++) other.failed(other.begin(START), START, trap)
  board.sweep(START + 10_000)
  expect(other.isEjected(START + 10_001)).toBe(false)
})

test('forgets the deployments not called for longest, but none with a call on its way', () => {
  const board = new HealthBoard()
  board.of({ id: 'busy', modelId: 'm', target: 'T' }).begin(START)
  board.of({ id: 'idle', modelId: 'm', target: 'T' })
  for (let i = 0; i < 4_095; i++) board.of({ id: `n${i}`, modelId: 'm', target: 'T' })
  expect(board.find({ id: 'busy', target: 'T' })).toBeDefined()
  expect(board.find({ id: 'idle', target: 'T' })).toBeUndefined()
})

/** A node that was replaced under its name was once left alone for what the old one had done. */
test('begins anew with a deployment that moved', () => {
  const board = new HealthBoard()
  const old = board.of({ id: 'n', modelId: 'm', target: 'here' })
  for (let i = 0; i < 5; i++) old.failed(old.begin(START), START, trap)
  expect(old.admits(START)).toBe(false)
  expect(board.find({ id: 'n', target: 'there' })).toBeUndefined()
  expect(board.of({ id: 'n', modelId: 'm', target: 'there' }).admits(START)).toBe(true)
})

test('gives up calls that never report, so that nobody can fill a deployment by leaving', () => {
  const health = new HealthBoard().of({ id: 'n', modelId: 'm', target: 'T' })
  while (!health.isFull(START)) health.begin(START)
  expect(health.admits(START + 89_999)).toBe(false)
  expect(health.admits(START + 90_000)).toBe(true)
  expect(health.inFlight).toBe(0)
})
