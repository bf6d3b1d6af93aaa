import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { peekTimeoutMs } from './peek-timeout.ts'

const utf8 = new TextEncoder()
const peek = (json: string) => peekTimeoutMs(utf8.encode(json))

test.each([
  ['{"parameters":{"timeout":2500},"inputs":[]}', 3],
  ['{"inputs":[{"data":[1,2]}], "parameters" : {"a":{"b":"}"},"timeout":1}}', 1],
  ['{"parameters":{"timeout":1000},"parameters":{"timeout":2000}}', 2],
  ['{"id":"\\\\\\"parameters\\":","parameters":{"timeout":1000}}', 1],
])('finds it in %s', (json, ms) => {
  expect(peek(json)).toBe(ms)
})

test.each([
  '{"inputs":[]}',
  '{"parameters":{"timeout":0}}',
  '{"parameters":{"timeout":"1"}}',
  '{"inputs":[{"parameters":{"timeout":1000}}]}',
  '{"id":"parameters","x":{"timeout":1}}',
  '{"parameters":"timeout"}',
  '{"parameters":[{"timeout":1}]}',
  '{"parameters":{"timeout":1',
  '{"parameters":',
  '"timeout"',
  `{"parameters":{"x":"${'x'.repeat(5_000)}","timeout":1000}}`,
])('finds none in %s', (json) => {
  expect(peek(json)).toBeUndefined()
})

test('agrees with JSON.parse on any JSON, and throws at nothing', () => {
  const names = fc.constantFrom('parameters', 'timeout', 'inputs', 'a"b', '\\')
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof({ maxDepth: 4 }, fc.nat(9_000), names, tie('list'), tie('object')),
    list: fc.array(tie('json'), { maxLength: 3 }),
    object: fc.dictionary(names, tie('json'), { maxKeys: 4 }),
  }))
  fc.assert(
    fc.property(json, fc.boolean(), (value, spaced) => {
      const text = JSON.stringify(value, null, spaced ? 2 : 0)
      // as: whatever JSON may be, a property of it is one of an object or undefined
      const timeout = (value as { parameters?: { timeout?: unknown } }).parameters?.timeout
      const isObject = typeof value === 'object' && !Array.isArray(value)
      const told = isObject && typeof timeout === 'number' && timeout > 0
      expect(peek(text)).toBe(told ? Math.ceil(timeout / 1000) : undefined)
      peek(text.slice(0, text.length / 2))
    }),
    { numRuns: 2_000 },
  )
})

test('takes little time over a large request', () => {
  const large = `{"inputs":[{"data":[${'0.123456,'.repeat(1_500_000)}true]}],"x":"timeout","parameters":{"timeout":1000}}`
  const started = performance.now()
  expect(peek(large)).toBe(1)
  expect(performance.now() - started).toBeLessThan(20_000)
})
