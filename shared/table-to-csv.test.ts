import { expect, test } from 'vitest'

import { tableToCsv } from './table-to-csv.ts'

test('writes a header and a line for each row', () => {
  expect(tableToCsv({ time: ['noon', ''], 'degrees C': [21.5, -3] }, '[x]')).toBe(
    'time,degrees C\nnoon,21.5\n,-3\n',
  )
})

test.each<[string, Record<string, unknown[]>, RegExp]>([
  ['a cell that is no text or number', { a: [1, null] }, /'a', row 1: a cell must be/],
  ['a number without end', { a: [Infinity] }, /'a', row 0: a cell must be/],
  ['a table of no columns', {}, /no cells/],
  ['columns of no cells', { a: [], b: [] }, /no cells/],
  ['a column that is too short', { a: [1, 2], b: [1] }, /'b' has 1 cells; 'a' has 2/],
  ['a cell with a comma', { a: [1], b: ['1,5'] }, /'b', row 0: '1,5'/],
  ['a cell with a line break', { a: ['x', 'y\nz'] }, /'a', row 1/],
  ['a cell with a quote', { a: ['"x"'] }, /'a', row 0/],
  ['a name with a comma', { 'a,b': ['x'] }, /name 'a,b'/],
])('refuses %s by its place', (_, columns, message) => {
  expect(() => tableToCsv(columns, '[x]')).toThrow(message)
})
