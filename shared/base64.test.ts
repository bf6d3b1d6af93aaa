import { expect, test } from 'vitest'

import { decodeBase64, encodeBase64 } from './base64.ts'

test.each([0, 1, 2, 3, 8191, 8192, 8193, 300_000])('%i bytes come back as they were', (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 256)
  const text = encodeBase64(bytes)
  expect(text).toBe(Buffer.from(bytes).toString('base64'))
  expect(decodeBase64(text)).toEqual(bytes)
})

test('refuses what is no base64', () => {
  expect(() => decodeBase64('not base64!')).toThrow(/Invalid character/)
})
