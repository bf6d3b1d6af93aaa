import { describe, expect, test } from 'vitest'

import { answerKey, type AskedParts } from './answer-key.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const parts: AskedParts = {
  tenant: 'key-1',
  door: 'task',
  places: ['edge', 'native'],
  headers: { 'content-type': 'text/plain' },
  body: bytes('hello'),
  canonical: true,
}
const json = (text: string, canonical = true): AskedParts => ({
  ...parts,
  headers: { 'content-type': 'application/json' },
  body: bytes(text),
  canonical,
})

const keyOf = (asked: AskedParts) => answerKey(asked, 'tone@1 abc')

describe('the key of an answer', () => {
  test.each<[string, Partial<AskedParts>]>([
    ['tenant', { tenant: 'key-2' }],
    ['door', { door: 'tensor' }],
    ['place', { places: ['native'] }],
    ['content-type', { headers: { 'content-type': 'text/html' } }],
    ['header more', { headers: { ...parts.headers, 'content-encoding': 'gzip' } }],
    ['input', { body: bytes('hello ') }],
    ['input, empty', { body: bytes('') }],
  ])('is another with another %s', async (_, other) => {
    expect(await keyOf({ ...parts, ...other })).not.toBe(await keyOf(parts))
  })

  test('does not let one part run into the next', async () => {
    expect(await keyOf({ ...parts, tenant: 'a', door: 'bc' })).not.toBe(
      await keyOf({ ...parts, tenant: 'ab', door: 'c' }),
    )
  })

  test('is the same for JSON that means the same', async () => {
    const one = await keyOf(json('{"inputs":"x","parameters":{"b":1,"a":[1,2]}}'))
    const same = json('{ "parameters": {"a":[1, 2], "b":1.0},\n"inputs":"\\u0078" }')
    expect(await keyOf(same)).toBe(one)
    const other = json('{"inputs":"x","parameters":{"b":1,"a":[2,1]}}')
    expect(await keyOf(other)).not.toBe(one)
  })

  /** Tensors carry integers that JSON.parse would round to the same number. */
  test('is of the bytes where the door takes integers beyond 2^53', async () => {
    const [one, other] = ['[9007199254740993]', '[9007199254740992]']
    expect(await keyOf(json(one, false))).not.toBe(await keyOf(json(other, false)))
  })

  /** JSON.stringify writes both as another value, which a node would have answered otherwise. */
  test.each([
    ['1e400', 'null'],
    ['-1e400', '1e400'],
    ['-0', '0'],
  ])('is not that of another number: %s, %s', async (one, other) => {
    const [first, second] = [json(`{"inputs":[${one}]}`), json(`{"inputs":[${other}]}`)]
    expect(await keyOf(first)).not.toBe(await keyOf(second))
  })

  test('is of the bytes where JSON is announced and is not there', async () => {
    expect(await keyOf(json('{'))).not.toBe(await keyOf(json('[')))
  })
})

test('the key of an answer is another for another model or other artefacts of it', async () => {
  expect(await answerKey(parts, 'tone@1 abd')).not.toBe(await keyOf(parts))
})
