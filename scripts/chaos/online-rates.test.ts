import { expect, test } from 'vitest'

import { onlineRates } from './online-rates.ts'

test('reads a range either way, and a single rate', () => {
  expect(onlineRates('1.0..0.5')).toEqual([1, 0.9, 0.8, 0.7, 0.6, 0.5])
  expect(onlineRates('0.7..0.9')).toEqual([0.7, 0.8, 0.9])
  expect(onlineRates('0.7')).toEqual([0.7])
})

test.each(['', 'all', '0', '1.5', '0.5..2', '-1..1'])('refuses %j', (text) => {
  expect(() => onlineRates(text)).toThrow(/1\.0\.\.0\.5/)
})
