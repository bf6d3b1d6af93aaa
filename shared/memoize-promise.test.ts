import { expect, test } from 'vitest'

import { memoizePromise } from './memoize-promise.ts'

test('starts once for all who ask at the same time', async () => {
  let starts = 0
  const memo = memoizePromise(async () => ++starts)
  expect(await Promise.all([memo.get(), memo.get(), memo.get()])).toEqual([1, 1, 1])
})

test('does not remember a failure', async () => {
  let starts = 0
  const memo = memoizePromise(async () => {
    if (++starts === 1) throw new Error('first')
    return starts
  })
  await expect(memo.get()).rejects.toThrow('first')
  expect(await memo.get()).toBe(2)
})

test('starts anew after it was told to forget', async () => {
  let starts = 0
  const memo = memoizePromise(async () => ++starts)
  await memo.get()
  memo.forget()
  expect(await memo.get()).toBe(2)
})
