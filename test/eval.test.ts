import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import { evaluate, type EvaluationReport } from '../scripts/eval/evaluate.ts'

/** Scored on the STS benchmark, which npm has not: it takes python3. */
const NOT_OF_NPM = 'text-embedder'
/**
 * Of all models that have an evaluation whose data npm has.
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
  ['person-segmenter', 'picture accuracy', 0.86],
  ['person-segmenter', 'intersection over union', 0.94],
  ['text-line-ocr', 'exact lines', 0.5],
  ['image-upscaler', 'PSNR in dB', 30.3],
  ['image-upscaler-thick', 'PSNR in dB', 30.8],
]

let report: EvaluationReport

beforeAll(async () => {
  const ids = Array.from(new Set(FLOORS.map(([model]) => model)))
  report = await evaluate({ ids, quick: true, log: () => {} })
  for (const { model, metric, value, n, on } of report.scores) {
    console.log(`${model} ${metric} ${value.toFixed(4)} (n=${n}, ${on})`)
  }
}, 120_000)

test('scores every model whose data npm has', () => {
  const evaluated = readdirSync(join(import.meta.dirname, '..', 'scripts', 'eval', 'models'))
  expect(report.unscored).toEqual([])
  const scored = report.scores.map(({ model }) => `${model}.ts`)
  expect(new Set([...scored, `${NOT_OF_NPM}.ts`])).toEqual(new Set(evaluated))
})

test.each(FLOORS)('%s keeps its %s', (model, metric, atLeast) => {
  const score = report.scores.find((own) => own.model === model && own.metric === metric)
  expect(score?.value).toBeGreaterThanOrEqual(atLeast)
})

test('text-line-ocr misreads few characters', () => {
  const score = report.scores.find((own) => own.metric.startsWith('CER'))
  expect(score?.value).toBeLessThanOrEqual(0.02)
})
