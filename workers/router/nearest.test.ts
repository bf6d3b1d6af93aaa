import { expect, test } from 'vitest'

import { nearest } from './nearest.ts'

const KNOWN = [
  'text-classification/language',
  'text-classification/email-spam',
  'image-to-text/line',
  'object-detection/face',
]

test('puts the one that differs by a typing error first', () => {
  expect(nearest('text-clasification/langauge', KNOWN)[0]).toBe('text-classification/language')
})

test('suggests what shares the task or the domain', () => {
  expect(nearest('text-classification/weather', KNOWN)).toContain('text-classification/email-spam')
  expect(nearest('detect/face', KNOWN)[0]).toBe('object-detection/face')
})

test('suggests nothing for a name like none, and none for an empty registry', () => {
  expect(nearest('zzz/qqq', KNOWN)).toEqual([])
  expect(nearest('text-classification/language', [])).toEqual([])
})

test('never suggests more than three', () => {
  const many = Array.from({ length: 20 }, (_, i) => `text-classification/t${i}`)
  expect(nearest('text-classification/t', many)).toHaveLength(3)
})

test('spends no time on what is too long to be a name', () => {
  const began = performance.now()
  expect(nearest('a'.repeat(5_000_000), KNOWN)).toEqual([])
  expect(nearest(`text-classification/${'/'.repeat(5_000_000)}`, KNOWN)).toEqual([])
  expect(performance.now() - began).toBeLessThan(5_000)
})
