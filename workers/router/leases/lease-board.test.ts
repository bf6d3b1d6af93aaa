import { expect, test } from 'vitest'

import { LeaseBoard } from './lease-board.ts'

const START = 1_000_000
const LEASED = { id: 'tone@1/far', leaseSeconds: 10 }
const renewal = (expiresAt: number, id = 1) => ({ id, deploymentId: LEASED.id, expiresAt })

function boardWith(expiresAt: number): LeaseBoard {
  const board = new LeaseBoard()
  board.note([renewal(expiresAt)], START)
  return board
}

test('a lease is good until the millisecond it ends, and says since when it is not', () => {
  const board = boardWith(START + 10_000)
  expect(board.overSince(LEASED, START + 9_999)).toBeUndefined()
  expect(board.overSince(LEASED, START + 10_000)).toBe(START + 10_000)
  expect(board.overSince(LEASED, START + 22_000)).toBe(START + 10_000)
})

test('what has no lease needs none, and what never renewed its lease has none', () => {
  const board = new LeaseBoard()
  expect(board.overSince({ id: 'a', leaseSeconds: null }, START)).toBeUndefined()
  expect(board.overSince({ id: 'a', leaseSeconds: 10 }, START)).toBe(0)
})

test('a renewal counts from when it is read, even after the end', () => {
  const board = boardWith(START + 10_000)
  board.note([renewal(START + 30_000, 7)], START + 20_000)
  expect([board.lastId, board.overSince(LEASED, START + 20_000)]).toEqual([7, undefined])
})

test('a slow reading does not undo a later one', () => {
  const board = boardWith(START + 10_000)
  board.note([renewal(START + 30_000, 9)], START + 20_000)
  board.note([renewal(START + 20_000, 4)], START + 19_000)
  expect(board.overSince(LEASED, START + 25_000)).toBeUndefined()
})

test('leases stand still while they cannot be read, and then have their length to be renewed', () => {
  const board = boardWith(START + 10_000)
  board.hold()
  board.hold()
  expect(board.overSince(LEASED, START + 500_000)).toBeUndefined()
  board.note([], START + 500_000)
  expect(board.overSince(LEASED, START + 509_999)).toBeUndefined()
  expect(board.overSince(LEASED, START + 510_000)).toBe(START + 10_000)
})

test('a lease that had ended before they could not be read stays ended', () => {
  const board = boardWith(START + 10_000)
  board.note([], START + 20_000)
  board.hold()
  expect(board.overSince(LEASED, START + 21_000)).toBe(START + 10_000)
  board.note([], START + 22_000)
  expect(board.overSince(LEASED, START + 22_001)).toBe(START + 10_000)
})

test('leases that stand still go on doing so when they can be read for a moment only', () => {
  const board = boardWith(START + 10_000)
  board.hold()
  board.note([], START + 500_000)
  board.hold()
  expect(board.overSince(LEASED, START + 501_000)).toBeUndefined()
  board.note([], START + 900_000)
  expect(board.overSince(LEASED, START + 909_999)).toBeUndefined()
  expect(board.overSince(LEASED, START + 910_000)).toBe(START + 10_000)
})

test('a lease that had its whole length after they could not be read is not held by the next such time', () => {
  const board = boardWith(START + 10_000)
  board.hold()
  board.note([], START + 500_000)
  board.note([], START + 510_000)
  board.hold()
  expect(board.overSince(LEASED, START + 510_001)).toBe(START + 10_000)
})

test('however often they cannot be read, a lease that stands still is good', () => {
  const board = boardWith(START + 10_000)
  for (let now = START + 1_000; now < START + 1_000_000; now += 2_000) {
    board.hold()
    board.note([], now)
  }
  expect(board.overSince(LEASED, START + 1_000_000)).toBeUndefined()
  expect(board.overSince(LEASED, START + 1_010_000)).toBe(START + 10_000)
})
