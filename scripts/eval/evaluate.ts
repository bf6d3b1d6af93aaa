import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { z } from 'zod'

import { loadModels } from '../../workers/native/load-models.ts'
import { readModelFolders } from '../../workers/native/model-folders.ts'
import { fetchPackage, fetchSource } from '../build/fetch-source.ts'
import { ARTEFACTS_DIR, MODELS_DIR, OUTPUT_DIR } from '../paths.ts'
import type { Evaluation, Score } from './evaluation.ts'

const EvaluationModule = z.object({
  default: z.custom<Evaluation>((value) => typeof value === 'function'),
})

export interface EvaluateOptions {
  /** Models to score; all that have an evaluation when empty. */
  ids?: readonly string[]
  quick: boolean
  log(message: string): void
}

export type ModelScore = Score & { model: string }

/** Scores models on real data, each by the file of its name in scripts/eval/models/. */
export async function evaluate({ ids = [], quick, log }: EvaluateOptions): Promise<ModelScore[]> {
  const dir = join(import.meta.dirname, 'models')
  const known = readdirSync(dir).map((file) => file.replace(/\.ts$/, ''))
  const unknown = ids.filter((id) => !known.includes(id))
  if (unknown.length > 0)
    throw new Error(
      `there is no evaluation of ${unknown.join(', ')}; there are ${known.join(', ')}`,
    )

  const scores: ModelScore[] = []
  for (const folder of readModelFolders(MODELS_DIR, ids.length > 0 ? ids : known)) {
    const [model] = await loadModels([folder], ARTEFACTS_DIR, (work) => work())
    if (!model) throw new Error(`[${folder.id}] could not be loaded`)
    const tell = (message: string) => log(`[${folder.id}] ${message}`)
    const cacheDir = join(OUTPUT_DIR, 'cache')
    const context = { modelId: folder.id, modelDir: folder.path, cacheDir, log: tell }
    const file = pathToFileURL(join(dir, `${folder.id}.ts`)).href
    const { default: evaluation } = EvaluationModule.parse(await import(file))
    const own = await evaluation({
      model,
      quick,
      fetchFile: (source) => fetchSource(source, context),
      fetchPackage: (source) => fetchPackage(source, context),
      cacheDir,
      log: tell,
    })
    for (const score of own) scores.push({ model: folder.id, ...score })
  }
  return scores
}
