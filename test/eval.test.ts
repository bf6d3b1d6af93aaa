import { beforeAll, expect, test } from 'vitest'

import { evaluate, type ModelScore } from '../scripts/eval/evaluate.ts'

/**
 * Of the models whose data npm has: the STS benchmark that text-embedder is scored on comes from elsewhere.
 * A little below what `npm run eval` shows: a model that lost its way falls far below.
 */
const FLOORS: [model: string, metric: string, atLeast: number][] = [
  ['language-id', 'accuracy', 0.9],
  ['email-spam', 'auc', 0.98],
  ['email-spam', 'accuracy', 0.95],
  ['code-language', 'accuracy', 0.8],
  ['sensor-anomaly', 'auc', 0.98],
  ['sensor-anomaly', 'f1', 0.85],
  ['silero-vad', 'clip accuracy', 1],
  ['face-detector', 'picture accuracy', 1],
  ['image-classifier', 'top-5 accuracy', 0.375],
  ['text-line-ocr', 'exact lines', 0.5],
  ['image-upscaler', 'PSNR in dB', 30.3],
  ['image-upscaler-thick', 'PSNR in dB', 30.8],
]

let scores: ModelScore[]

beforeAll(async () => {
  const ids = Array.from(new Set(FLOORS.map(([model]) => model)))
  scores = await evaluate({ ids, quick: true, log: () => {} })
  for (const { model, metric, value, n, on } of scores) {
    console.log(`${model} ${metric} ${value.toFixed(4)} (n=${n}, ${on})`)
  }
}, 120_000)

test.each(FLOORS)('%s keeps its %s', (model, metric, atLeast) => {
  const score = scores.find((own) => own.model === model && own.metric === metric)
  expect(score?.value).toBeGreaterThanOrEqual(atLeast)
})

test('text-line-ocr misreads few characters', () => {
  const score = scores.find((own) => own.metric.startsWith('CER'))
  expect(score?.value).toBeLessThanOrEqual(0.02)
})
