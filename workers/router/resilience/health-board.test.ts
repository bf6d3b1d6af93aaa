import { expect, test } from 'vitest'

import { MeshError } from '#shared/mesh-error.ts'

import { HealthBoard } from './health-board.ts'

const START = 1_700_000_000_000
const trap = new MeshError('runtime_trap', 'it trapped')

/** Each of `nodes` answers 200 calls, of which every tenth fails at the node that is bad. */
function work(board: HealthBoard, nodes: number, bad: number): void {
  for (let node = 0; node < nodes; node++) {
    const health = board.of({ id: `n${node}`, modelId: 'tone' })
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
  const bad = board.of({ id: 'n2', modelId: 'tone' })
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
  const other = board.of({ id: 'x', modelId: 'other' })
  for (let i = 0; i < 200; i++) other.failed(other.begin(START), START, trap)
  board.sweep(START + 10_000)
  expect(other.isEjected(START + 10_001)).toBe(false)
})

test('forgets the deployments not called for longest, but none with a call on its way', () => {
  const board = new HealthBoard()
  board.of({ id: 'busy', modelId: 'm' }).begin(START)
  board.of({ id: 'idle', modelId: 'm' })
  for (let i = 0; i < 4_095; i++) board.of({ id: `n${i}`, modelId: 'm' })
  expect(board.find('busy')).toBeDefined()
  expect(board.find('idle')).toBeUndefined()
})
