import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { SortedMap } from './sorted-map.ts'

const changes = fc.array(
  fc.tuple(fc.stringMatching(/^[ab@\u{1F600}]{0,3}$/u), fc.option(fc.nat(9), { nil: undefined })),
  { maxLength: 30 },
)

test('holds what a Map would after any changes, in the order of the keys', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), (steps) => {
      let sorted = SortedMap.empty<number>()
      const plain = new Map<string, number>()
      for (const step of steps) {
        sorted = sorted.with(new Map(step))
        for (const [key, value] of new Map(step)) {
          if (value === undefined) plain.delete(key)
          else plain.set(key, value)
        }
      }
      const expected = Array.from(plain).toSorted(([a], [b]) => (a < b ? -1 : 1))
      expect(Array.from(sorted)).toEqual(expected)
      expect(Array.from(sorted.keys())).toEqual(expected.map(([key]) => key))
      expect(Array.from(sorted.values())).toEqual(expected.map(([, value]) => value))
      expect(sorted.size).toBe(plain.size)
    }),
  )
})

const key = (i: number) => `key-${String(i).padStart(5, '0')}`
const large = SortedMap.empty<number>().with(
  new Map(Array.from({ length: 5_000 }, (_, i) => [key(i * 2), i * 2])),
)

test('finds each of very many keys and none between them', () => {
  for (let i = 0; i < 10_000; i++) {
    expect(large.get(key(i))).toBe(i % 2 === 0 ? i : undefined)
    expect(large.has(key(i))).toBe(i % 2 === 0)
  }
  expect(large.get('')).toBeUndefined()
  expect(large.get('z')).toBeUndefined()
})

test('changes entries all over, before the first and after the last, and leaves the map it came from', () => {
  const before = Array.from(large)
  const odd = Array.from({ length: 5_000 }, (_, i): [string, number] => [key(i * 2 + 1), i * 2 + 1])
  const more = large.with(new Map([...odd, ['a', -1], ['z', -2]]))
  expect(Array.from(more.values())).toEqual([
    -1,
    ...Array.from({ length: 10_000 }, (_, i) => i),
    -2,
  ])
  const none = more.with(new Map(Array.from(more.keys(), (own) => [own, undefined])))
  expect(Array.from(none)).toEqual([])
  expect(none.get('a')).toBeUndefined()
  expect(Array.from(large)).toEqual(before)
})

test('is itself after no change', () => {
  expect(large.with(new Map())).toBe(large)
})
