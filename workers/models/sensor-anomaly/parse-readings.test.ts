import { expect, test } from 'vitest'

import { MAX_READINGS, parseReadings } from './parse-readings.ts'

test('finds its columns by the header, whatever their order, and passes over others', () => {
  expect(parseReadings('Time, Temperature ,humidity\r\n0,21.5,40\r\n5,-3,4e1\r\n', '[x]')).toEqual([
    { humidity: 40, temperature: 21.5 },
    { humidity: 40, temperature: -3 },
  ])
})

test.each([
  ['time,temperature\n0,1', "[x] line 1 must name the columns, 'humidity'"],
  ['43.8,30.2\n43.7,30.2', '[x] line 1 must name the columns'],
  [`humidity,temperature${',x'.repeat(63)}\n1,1`, 'more than 64 columns'],
  ['humidity,temperature\n', 'no reading below its header'],
  ['humidity,temperature\n40,20\n41', '[x] line 3 has 1 cells; the header has 2'],
  ['humidity,temperature\n\n40,20', '[x] line 2 has 1 cells'],
  ['humidity,temperature\n40,20\n40,warm', "[x] line 3: temperature is 'warm'"],
  ['humidity,temperature\n,20', "[x] line 2: humidity is ''"],
  ['humidity,temperature\n40,0x10', "line 2: temperature is '0x10'"],
  ['humidity,temperature\n1e9,20', 'must be a number from -1000 to 1000'],
  [`humidity,temperature${'\n1,1'.repeat(MAX_READINGS + 1)}`, `more than ${MAX_READINGS} readings`],
])('refuses a table and says where it is wrong: %#', (text, message) => {
  expect(() => parseReadings(text, '[x]')).toThrow(
    expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(message) }),
  )
})
