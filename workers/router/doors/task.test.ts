import { expect, test } from 'vitest'

import { candidate } from '../registry/registry-fixture.ts'
import { task } from './task.ts'

const answer = (tokens: string) =>
  task.accept(
    new Response('[]', {
      headers: { 'content-type': 'application/json', 'x-compute-tokens': tokens },
    }),
    candidate(),
  )

test('passes a count of tokens on', async () => {
  expect((await answer('12')).headers).toEqual({ 'x-compute-tokens': '12' })
})

test.each(['', '-1', '1.5', '1e3', 'many', '1234567890', '1, 2'])(
  'passes nothing on that is no count: %j',
  async (tokens) => {
    expect((await answer(tokens)).headers).toEqual({})
  },
)
