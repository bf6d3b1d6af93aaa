import { expect, test } from 'vitest'
import { z } from 'zod'

import { describeIssues } from './describe-issues.ts'

const issuesOf = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value)
  return error ? describeIssues(error) : ''
}

test('tells where and what, in one line', () => {
  const schema = z.strictObject({
    limit: z.int().max(9),
    query: z.object({ texts: z.array(z.string()) }),
  })
  const told = issuesOf(schema, { limit: 10, query: { texts: [1] } })
  expect(told).toMatch(/^limit: .*9.*; query\.texts\[0\]: .*string/)
  expect(told).not.toContain('\n')
})

test('stays short, however much is wrong and however long the words are', () => {
  const many = issuesOf(z.array(z.string()), Array(10_000).fill(1))
  expect(many).toMatch(/; and 9995 more$/)
  const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key${i}`, 1]))
  expect(issuesOf(z.strictObject({}), unknown).length).toBeLessThan(300)
  const deep = { ['x'.repeat(10_000)]: 1 }
  expect(issuesOf(z.record(z.string(), z.string()), deep).length).toBeLessThan(400)
})
