import { expect, test } from 'vitest'

import { parseJson } from './json.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('parses JSON with brackets inside strings', () => {
  const value = { text: `${'['.repeat(100)}\\"{`, list: [1, [2]] }
  expect(parseJson(bytes(JSON.stringify(value)))).toEqual(value)
})

test.each([
  ['nothing', '  ', /is empty/],
  ['half an object', '{"a":', /not valid JSON/],
  ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, /deeper than 32/],
  ['a million open brackets', '['.repeat(1_000_000), /deeper than 32/],
])('refuses %s', (_, text, message) => {
  expect(() => parseJson(bytes(text))).toThrow(message)
})

test('refuses bytes that are no UTF-8', () => {
  expect(() => parseJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22))).toThrow(/not valid UTF-8/)
})
