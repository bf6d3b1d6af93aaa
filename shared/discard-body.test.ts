import { expect, test } from 'vitest'

import { discardBody } from './discard-body.ts'

test('the sender hears that nobody reads on', async () => {
  let isCancelled = false
  const stream = new ReadableStream({ cancel: () => void (isCancelled = true) })
  await discardBody(new Response(stream))
  expect(isCancelled).toBe(true)
})

test('a body that broke off takes no other error’s place', async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error('gone')) })
  await expect(discardBody(new Response(broken))).resolves.toBeUndefined()
})

test('no body has nothing to end', async () => {
  await expect(discardBody(new Response(null))).resolves.toBeUndefined()
})
