import { describe, expect, test } from 'vitest'

import { AnswerCache, type KeptAnswer } from './answer-cache.ts'

const answer = (bytes: number): KeptAnswer => ({
  contentType: 'application/json',
  headers: {},
  body: new Uint8Array(bytes),
  etag: '"0"',
  model: 'tone@1',
  node: 'mesh-tone',
  deployment: { id: 'tone@1/mesh-tone', target: 'TONE' },
})

describe('the cache of answers', () => {
  test('gives what was kept with its age, and nothing under another key', () => {
    const cache = new AnswerCache()
    cache.keep('a', answer(10), 1_000)
    expect(cache.find('a', 4_000)).toMatchObject({ ageMs: 3_000 })
    expect(cache.find('a', 0)).toMatchObject({ ageMs: 0 })
    expect(cache.find('b', 4_000)).toBeUndefined()
  })

  test('holds 16 MiB at most, and drives out what was not asked for longest', () => {
    const cache = new AnswerCache()
    for (let i = 0; i < 60; i++) cache.keep(`k${i}`, answer(256 * 1024), 0)
    cache.find('k0', 0)
    for (let i = 60; i < 100; i++) cache.keep(`k${i}`, answer(256 * 1024), 0)
    expect(cache.bytes).toBeLessThanOrEqual(16 * 1024 * 1024)
    expect(cache.find('k0', 0)).toBeDefined()
    expect(cache.find('k1', 0)).toBeUndefined()
    expect(cache.find('k99', 0)).toBeDefined()
  })

  test('keeps nothing that is large', () => {
    const cache = new AnswerCache()
    expect(cache.keep('a', answer(256 * 1024 + 1), 0)).toBe(false)
    expect([cache.find('a', 0), cache.bytes]).toEqual([undefined, 0])
  })

  /** Answers are read into pieces of 4 KiB: small ones would hold far more than is counted of them. */
  test('keeps the bytes of an answer, not all that they were read into', () => {
    const cache = new AnswerCache()
    const room = new Uint8Array(4_096).fill(7)
    cache.keep('a', { ...answer(0), body: room.subarray(10, 15) }, 0)
    const body = cache.find('a', 0)?.answer.body
    expect(body).toEqual(Uint8Array.of(7, 7, 7, 7, 7))
    expect(body?.buffer.byteLength).toBe(5)
  })

  test('counts what it replaces', () => {
    const cache = new AnswerCache()
    for (let i = 0; i < 1_000; i++) cache.keep('a', answer(100_000), i)
    expect(cache.bytes).toBeLessThan(101_000)
    expect(cache.find('a', 1_000)).toMatchObject({ ageMs: 1 })
  })
})
