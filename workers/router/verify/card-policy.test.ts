import { expect, test } from 'vitest'

import { cardPolicy } from './card-policy.ts'

const DAY_MS = 24 * 3600 * 1000

test('believes a card until it is found wrong, and a measurement for a week, unless it is told otherwise', () => {
  expect(cardPolicy({})).toEqual({ verification: 'lenient', measurementsLastMs: 7 * DAY_MS })
  expect(cardPolicy({ VERIFICATION: 'required', MEASUREMENTS_LAST_S: '86400' })).toEqual({
    verification: 'required',
    measurementsLastMs: DAY_MS,
  })
})

test.each(['yes', '', 'Required', 'offf'])(
  'a mode that there is not, %j, is the strictest',
  (mode) => {
    expect(cardPolicy({ VERIFICATION: mode }).verification).toBe('required')
  },
)

test.each(['', 'a week', '-1', '0', 'Infinity', '1e99'])(
  'a time that is none, %j, lets measurements expire at once',
  (seconds) => {
    expect(cardPolicy({ MEASUREMENTS_LAST_S: seconds }).measurementsLastMs).toBe(1_000)
  },
)
