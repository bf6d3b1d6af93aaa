import { expect, test } from 'vitest'

import { canonicalJson } from './canonical-json.ts'

test('orders names by UTF-16 code units, as the example of RFC 8785 has it', () => {
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  }
  const names = Array.from(canonicalJson(value).matchAll(/"([^"]+)":/g), ([, name]) =>
    JSON.parse(`"${name}"`),
  )
  expect(names).toEqual(['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'])
})

test('writes numbers as the example of RFC 8785 has them', () => {
  const numbers = [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0]
  expect(canonicalJson({ numbers })).toBe('{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0]}')
})

test('orders names that look like numbers as texts, which an object never does', () => {
  expect(canonicalJson({ 9: [{ b: 1, a: 2 }], 10: null })).toBe('{"10":null,"9":[{"a":2,"b":1}]}')
})

test('leaves out what JSON leaves out, and is the same for every order', () => {
  expect(canonicalJson({ b: undefined, a: [undefined] })).toBe('{"a":[null]}')
  expect(canonicalJson({ a: 1, b: { c: 1, d: 2 } })).toBe(
    canonicalJson({ b: { d: 2, c: 1 }, a: 1 }),
  )
})
