import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { z } from 'zod'

import { loadModels } from '../../workers/native/load-models.ts'
import { readModelFolders, type ModelFolder } from '../../workers/native/model-folders.ts'
import { fetchPackage, fetchSource } from '../build/fetch-source.ts'
import { ARTEFACTS_DIR, MODELS_DIR, OUTPUT_DIR } from '../paths.ts'
import type { Evaluation, Score } from './evaluation.ts'

const EvaluationModule = z.object({
  default: z.custom<Evaluation>((value) => typeof value === 'function'),
})
const EVALUATIONS_DIR = join(import.meta.dirname, 'models')

export interface EvaluateOptions {
  /** Models to score; all that have an evaluation when empty. */
  ids?: readonly string[]
  quick: boolean
  log(message: string): void
  /** Where the evaluations are. */
  evaluationsDir?: string
}

export type ModelScore = Score & { model: string }

export interface EvaluationReport {
  scores: ModelScore[]
  /** Models that could not be scored, e.g. since the tool that fetches their data isn't there. */
  unscored: { model: string; reason: string }[]
}

/** Scores models on real data, each by the file of its name in scripts/eval/models/; one that fails doesn't keep others from theirs. */
export async function evaluate({
  ids = [],
  quick,
  log,
  evaluationsDir = EVALUATIONS_DIR,
}: EvaluateOptions): Promise<EvaluationReport> {
  const known = readdirSync(evaluationsDir).map((file) => file.replace(/\.ts$/, ''))
  const unknown = ids.filter((id) => !known.includes(id))
  if (unknown.length > 0)
    throw new Error(
      `there is no evaluation of ${unknown.join(', ')}; there are ${known.join(', ')}`,
    )

  const report: EvaluationReport = { scores: [], unscored: [] }
  for (const folder of readModelFolders(MODELS_DIR, ids.length > 0 ? ids : known)) {
    const model = folder.id
    try {
      const own = await scoreModel(folder, join(evaluationsDir, `${model}.ts`), { quick, log })
      for (const score of own) report.scores.push({ model, ...score })
    } catch (err) {
      report.unscored.push({ model, reason: err instanceof Error ? err.message : String(err) })
    }
  }
  return report
}

async function scoreModel(
  folder: ModelFolder,
  file: string,
  { quick, log }: Pick<EvaluateOptions, 'quick' | 'log'>,
): Promise<Score[]> {
  const [model] = await loadModels([folder], ARTEFACTS_DIR)
  if (!model) throw new Error(`[${folder.id}] could not be loaded`)
  const tell = (message: string) => log(`[${folder.id}] ${message}`)
  const cacheDir = join(OUTPUT_DIR, 'cache')
  const context = { modelId: folder.id, modelDir: folder.path, cacheDir, log: tell }
  const { default: evaluation } = EvaluationModule.parse(await import(pathToFileURL(file).href))
  return evaluation({
    model,
    quick,
    fetchFile: (source) => fetchSource(source, context),
    fetchPackage: (source) => fetchPackage(source, context),
    cacheDir,
    log: tell,
  })
}
