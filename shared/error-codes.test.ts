import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { ERROR_CODES, isErrorCode } from './error-codes.ts'

test('docs/errors.md lists every code with its status and whether to ask again, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'errors.md'), 'utf8')
  const listed = text
    .matchAll(/^\| `(\w+)` \| (\d{3}) \| (yes|no) \|/gm)
    .map(([, code, status, retryable]) => [code, Number(status), retryable === 'yes'])
  const known = Object.entries(ERROR_CODES).map(([code, { status, retryable }]) => [
    code,
    status,
    retryable,
  ])
  expect([...listed]).toEqual(known)
})

test('isErrorCode knows the codes and nothing an object has by birth', () => {
  expect(isErrorCode('overloaded')).toBe(true)
  for (const other of ['nope', 'toString', '__proto__', 1, undefined]) {
    expect(isErrorCode(other)).toBe(false)
  }
})
