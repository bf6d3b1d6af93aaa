import { expect, test } from 'vitest'

import { readBody } from './read-body.ts'

const request = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Request('http://x', { method: 'POST', body, headers, duplex: 'half' } as RequestInit)

test('reads a body of several chunks', async () => {
  const parts = new ReadableStream({
    start(controller) {
      for (const part of ['ab', 'cd', 'e']) controller.enqueue(new TextEncoder().encode(part))
      controller.close()
    },
  })
  expect(new TextDecoder().decode(await readBody(request(parts), 5, '[x]'))).toBe('abcde')
  expect(await readBody(request(null), 5, '[x]')).toHaveLength(0)
})

test('refuses a declared length above the limit before it reads a byte', async () => {
  let pulled = 0
  const endless = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 })
  const message = { headers: new Headers({ 'content-length': '6' }), body: endless }
  await expect(readBody(message, 5, '[x]')).rejects.toMatchObject({ code: 'payload_too_large' })
  expect(pulled).toBe(0)
})

test('stops at the limit when the length was left out', async () => {
  let sent = 0
  const endless = new ReadableStream({
    pull(controller) {
      sent++
      controller.enqueue(new Uint8Array(1024))
    },
  })
  await expect(readBody(request(endless), 4096, '[x]')).rejects.toThrow(/the limit is 4096 bytes/)
  expect(sent).toBeLessThan(10)
})

/** It had waited for 64 KiB, or the end. */
test('refuses what has one byte too many though no other follows', async () => {
  const stalled = new ReadableStream({
    type: 'bytes',
    start: (controller) => controller.enqueue(new Uint8Array(5_001)),
  })
  await expect(readBody(request(stalled), 5_000, '[x]')).rejects.toThrow(/limit is 5000 bytes/)
})
