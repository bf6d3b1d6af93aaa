import { expect, test } from 'vitest'

import { MediaAnswer } from '../media-answer.ts'
import { huggingFaceAnswer } from './hugging-face-answer.ts'

const NODE_CLIENT = { 'user-agent': '@huggingface/inference/4.13.30 Node.js/24' }
const shaped = (
  task: string,
  answer: unknown,
  headers: Record<string, string> = {},
  labels?: string[],
) => huggingFaceAnswer(answer, { capability: `${task}/x`, labels }, new Headers(headers))

const good = { label: 'good', score: 0.9 }
const bad = { label: 'bad', score: 0.1 }

test('answers one text as the first of a list, and a list of texts as it is', () => {
  expect(shaped('text-classification', [good, bad])).toEqual([[good, bad]])
  expect(shaped('text-classification', [[good], [bad]])).toEqual([[good], [bad]])
})

test('answers rows of a table by the numbers of their classes', () => {
  const labels = ['bad', 'good']
  expect(shaped('tabular-classification', [good, bad, good], {}, labels)).toEqual([1, 0, 1])
  expect(shaped('tabular-classification', [[good], [bad]], {}, labels)).toEqual([[1], [0]])
})

test('answers a picture’s text as each client reads it', () => {
  const line = { generated_text: 'a line', score: 0.5 }
  expect(shaped('image-to-text', [line])).toEqual([line])
  expect(shaped('image-to-text', [line], NODE_CLIENT)).toEqual(line)
  const page = [{ generated_text: 'one' }, { generated_text: 'two' }]
  expect(shaped('image-to-text', page)).toEqual([{ generated_text: 'one\ntwo' }])
  expect(shaped('image-to-text', [], NODE_CLIENT)).toEqual({ generated_text: '' })
})

test('leaves other tasks and files as they are', () => {
  const box = [{ label: 'face', score: 1, box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 } }]
  expect(shaped('object-detection', box)).toBe(box)
  const picture = new MediaAnswer('image/png', new Uint8Array(1))
  expect(shaped('image-to-text', picture)).toBe(picture)
})

test.each<[string, string, unknown, string[] | undefined]>([
  ['labels without scores', 'text-classification', [{ label: 'good' }], undefined],
  ['no list', 'text-classification', good, undefined],
  ['a label that the manifest lacks', 'tabular-classification', [good], ['bad']],
  ['rows where the manifest has no labels', 'tabular-classification', [good], undefined],
  ['lines without text', 'image-to-text', [{ score: 1 }], undefined],
])('does not make an answer of %s', (_, task, answer, labels) => {
  expect(() => shaped(task, answer, {}, labels)).toThrow()
})
