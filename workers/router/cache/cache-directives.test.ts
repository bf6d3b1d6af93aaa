import { describe, expect, test } from 'vitest'

import { parseCacheDirectives } from './cache-directives.ts'

describe("a request's cache-control", () => {
  test('is read whatever its case, order and spaces, and what has no meaning here is ignored', () => {
    expect(parseCacheDirectives(' No-Cache ,max-age = 60, no-transform, min-fresh=5')).toEqual({
      noCache: true,
      noStore: false,
      onlyIfCached: false,
      maxAge: 60,
    })
    expect(parseCacheDirectives('only-if-cached, max-age="0"')).toMatchObject({
      onlyIfCached: true,
      maxAge: 0,
    })
  })

  test('asks for nothing when it is absent', () => {
    expect(parseCacheDirectives(undefined)).toMatchObject({ noCache: false, maxAge: undefined })
  })

  test.each(['max-age', 'max-age=', 'max-age=soon', 'max-age=-1', 'max-age=1e3', 'x'.repeat(300)])(
    'is refused when it cannot be meant: %s',
    (header) => {
      expect(() => parseCacheDirectives(header)).toThrow(/cache-control/)
    },
  )

  test.each(['no-cache, only-if-cached', 'only-if-cached, no-store'])(
    'is refused when it contradicts itself: %s',
    (header) => {
      expect(() => parseCacheDirectives(header)).toThrow(/contradicts/)
    },
  )
})
