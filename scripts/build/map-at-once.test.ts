import { describe, expect, test } from 'vitest'

import { mapAtOnce } from './map-at-once.ts'

/** Work that ends when it is told to, and what was begun of it. */
function heldWork() {
  const begun: string[] = []
  const held = new Map<string, PromiseWithResolvers<string>>()
  const work = (item: string) => {
    begun.push(item)
    const own = Promise.withResolvers<string>()
    held.set(item, own)
    return own.promise
  }
  /** Lets what waits for it go on. */
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return {
    begun,
    work,
    async end(item: string) {
      held.get(item)?.resolve(item.toUpperCase())
      await settled()
    },
    async fail(item: string) {
      held.get(item)?.reject(new Error(`${item} failed`))
      await settled()
    },
  }
}

describe('work on many things', () => {
  test('goes on with the next when one has ended, never with more at once, and answers in order', async () => {
    const { begun, work, end } = heldWork()
    const all = mapAtOnce(2, ['a', 'b', 'c', 'd'], work)
    expect(begun).toEqual(['a', 'b'])
    await end('b')
    expect(begun).toEqual(['a', 'b', 'c'])
    await end('a')
    expect(begun).toEqual(['a', 'b', 'c', 'd'])
    await end('d')
    await end('c')
    expect(await all).toEqual(['A', 'B', 'C', 'D'])
  })

  test('begins no other after a failure, and tells it when what was begun has ended', async () => {
    const { begun, work, end, fail } = heldWork()
    let over = false
    const all = mapAtOnce(2, ['a', 'b', 'c'], work)
    const outcome = all
      .catch((err: unknown) => err)
      .finally(() => {
        over = true
      })
    await fail('a')
    expect(over).toBe(false)
    await end('b')
    expect(await outcome).toEqual(new Error('a failed'))
    expect(begun).toEqual(['a', 'b'])
  })

  test('tells the first of two failures', async () => {
    const { work, fail } = heldWork()
    const outcome = mapAtOnce(2, ['a', 'b'], work).catch((err: unknown) => err)
    await fail('b')
    await fail('a')
    expect(await outcome).toEqual(new Error('b failed'))
  })

  test('has nothing to answer for nothing', async () => {
    expect(await mapAtOnce(2, [], () => Promise.reject(new Error('never asked')))).toEqual([])
  })
})
