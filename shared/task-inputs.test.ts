import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { describeIssues } from './describe-issues.ts'
import { MeshError } from './mesh-error.ts'
import { MAX_BODY_BYTES } from './protocol.ts'
import { readTaskCall } from './task-input.ts'
import { MAX_CELLS, MAX_COLUMNS, TaskInputs } from './task-inputs.ts'

const issuesOf = (value: unknown) => {
  const { error } = TaskInputs.safeParse(value)
  return error && describeIssues(error)
}

test('takes a text, texts and a table', () => {
  for (const inputs of ['a', '', ['a', 'b'], { data: { a: [1, 'b'], b: [] } }]) {
    expect(TaskInputs.parse(inputs)).toEqual(inputs)
  }
})

test.each<[string, unknown, RegExp]>([
  ['too many columns', columns(MAX_COLUMNS + 1), /has 1025 columns/],
  ['too many cells', { data: { a: Array(MAX_CELLS).fill(1), b: [1] } }, /1000001 cells/],
  ['a column that is no list', { data: { a: [], b: 1 } }, /column 'b' must be a list/],
  ['a column that would vanish', JSON.parse('{"data":{"__proto__":[1]}}'), /'__proto__'/],
  ['no object of columns', { data: [[1]] }, /must be an object/],
  ['something beside the data', { data: { a: [1] }, rows: 1 }, /"rows"/],
  ['a list with a number', ['a', 1, 2], /^inputs\[1\] must be a text$/],
])('refuses %s by one sentence', (_, inputs, message) => {
  expect(issuesOf(inputs)).toMatch(message)
})

test('makes CSV or one sentence of any table, however many cells it has', async () => {
  const cell = fc.oneof(fc.string({ maxLength: 4 }), fc.double(), fc.jsonValue())
  const column = fc
    .tuple(fc.array(cell, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 20_000 }))
    .map(([few, length]) => Array.from({ length }, (_, i) => few[i % few.length]))
  const table = fc.dictionary(fc.string({ maxLength: 12 }), column, { maxKeys: 4 })
  const manifest = { id: 'x', accepts: ['text/csv'], limits: limits(2_000_000) }
  await fc.assert(
    fc.asyncProperty(table, async (data) => {
      const request = new Request('http://node/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: { data } }),
      })
      try {
        const { input } = await readTaskCall(request, manifest)
        expect(input).toMatchObject({ mediaType: 'text/csv' })
      } catch (err) {
        expect(err).toBeInstanceOf(MeshError)
        // as: it is one
        const { status, message } = err as MeshError
        expect([400, 413, 422]).toContain(status)
        expect(message.length).toBeLessThan(300)
      }
    }),
    { numRuns: 30, seed: 1 },
  )
}, 20_000)

test('looks at lists that are wrong in every element no further than the first', () => {
  const wrong = Array(MAX_BODY_BYTES / 4).fill(null)
  const began = performance.now()
  const texts = TaskInputs.safeParse(wrong)
  const table = TaskInputs.safeParse({ data: { a: wrong } })
  expect(performance.now() - began).toBeLessThan(15_000)
  expect([texts.error?.issues.length, table.error?.issues.length]).toEqual([1, 1])
})

test('a node refuses the largest body it takes by its first wrong cell, and looks no further', async () => {
  const inputBytes = 2_000_000
  const body = `{"inputs":{"data":{"a":[${'[],'.repeat(MAX_CELLS - 1)}[]]}}}`
  const request = new Request('http://node/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const began = performance.now()
  const manifest = { id: 'x', accepts: ['text/csv'], limits: limits(inputBytes) }
  await expect(readTaskCall(request, manifest)).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining("column 'a', row 0"),
  })
  expect(performance.now() - began).toBeLessThan(15_000)
})

function columns(count: number) {
  return { data: Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, [1]])) }
}

function limits(inputBytes: number) {
  return { inputBytes, tensorElements: 1, concurrency: 1 }
}
