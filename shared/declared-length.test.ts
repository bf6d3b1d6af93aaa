import { expect, test } from 'vitest'

import { declaredLength } from './declared-length.ts'

test.each([
  ['0', 0],
  ['1048576', 1_048_576],
])('a content-length of %j is %i bytes', (value, bytes) => {
  expect(declaredLength(new Headers({ 'content-length': value }))).toBe(bytes)
})

/** One that is no number would make the count of an isolate's bytes no number either, so that nothing is too much. */
test.each(['', 'many', '-1', '1.5', '1e3', '5, 5', 'NaN', 'Infinity', '9'.repeat(400)])(
  'a content-length of %j says nothing',
  (value) => {
    expect(declaredLength(new Headers({ 'content-length': value }))).toBeUndefined()
  },
)

test('nothing is declared where there is none', () => {
  expect(declaredLength(new Headers())).toBeUndefined()
})
