import { expect, test } from 'vitest'

import { findSegments } from './segments.ts'

const OPTIONS = { threshold: 0.5, minSpeech: 0.25, minSilence: 0.1, pad: 0 }
const FRAME_S = 0.05
const frames = (...runs: [number, number][]) =>
  runs.flatMap(([count, probability]) => Array.from({ length: count }, () => probability))

test('finds no speech in silence', () => {
  expect(findSegments(frames([40, 0.1]), FRAME_S, OPTIONS)).toEqual([])
  expect(findSegments([], FRAME_S, OPTIONS)).toEqual([])
})

test('finds a stretch and scores it by its mean', () => {
  expect(findSegments(frames([10, 0], [10, 0.8], [10, 0]), FRAME_S, OPTIONS)).toEqual([
    { start: 0.5, end: 1, score: expect.closeTo(0.8) },
  ])
})

test('ends speech that lasts to the end of the clip there', () => {
  expect(findSegments(frames([10, 0], [10, 0.8]), FRAME_S, OPTIONS)).toMatchObject([{ end: 1 }])
})

test('goes on through a short pause and through frames just below the threshold', () => {
  expect(findSegments(frames([10, 0.8], [1, 0], [10, 0.8]), FRAME_S, OPTIONS)).toHaveLength(1)
  expect(findSegments(frames([10, 0.8], [10, 0.4], [10, 0.8]), FRAME_S, OPTIONS)).toHaveLength(1)
})

test('leaves out what is too short to be speech', () => {
  expect(findSegments(frames([10, 0], [4, 0.9], [10, 0]), FRAME_S, OPTIONS)).toEqual([])
})

test('pads without leaving the clip or crossing into the next segment', () => {
  const segments = findSegments(frames([1, 0], [10, 0.9], [4, 0], [10, 0.9]), FRAME_S, {
    ...OPTIONS,
    pad: 1,
  })
  expect(segments).toMatchObject([
    { start: 0, end: 0.65 },
    { start: 0.65, end: 1.25 },
  ])
})
