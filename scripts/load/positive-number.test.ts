import { expect, test } from 'vitest'

import { positiveNumber } from './positive-number.ts'

test('reads whole numbers and fractions', () => {
  expect(['10', '0.5'].map((text) => positiveNumber('--minutes', text))).toEqual([10, 0.5])
})

test.each(['', ' ', '0', '-1', 'ten', 'Infinity', '1m'])('refuses %j by name', (text) => {
  expect(() => positiveNumber('--minutes', text)).toThrow(`--minutes is '${text}'`)
})
