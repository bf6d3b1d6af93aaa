import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { codeDigest } from './code-digest.ts'
import { sha256 } from './digest.ts'
import { readCalibration, type ModelStages, type StageContext } from './model-stages.ts'
import { PUBLISHED_RUNTIME, readRuntime } from './runtime-forms.ts'
import { stage, type Stage } from './stage.ts'
import { toolVersions } from './tool-versions.ts'

/** cut.json beside the cut runtime. */
export const CutFacts = z.object({
  functions: z.object({ published: z.int(), executed: z.int(), kept: z.int() }),
  models: z.array(z.string()),
  calibrationRuns: z.int(),
})
export type CutFacts = z.infer<typeof CutFacts>

/**
 * The runtime of a group of models, mostly of one: `ort.wasm`, cut to what all their calibrations ran,
 * with cut.json; the published one, without, where the context says so.
 */
export function runtimeStage(members: readonly ModelStages[], context: StageContext): Stage {
  const { cacheDir, cut } = context
  if (!cut) {
    return stage(cacheDir, 'published', { tools: toolVersions() }, (dir) =>
      copyFile(PUBLISHED_RUNTIME, join(dir, 'ort.wasm')),
    )
  }
  const calibrations = members.map(({ calibrated }) => calibrated.key)
  const code = codeDigest(join(import.meta.dirname, 'cut', 'cut-runtime.ts'))
  return stage(cacheDir, 'runtime', { calibrations, code }, async (dir) => {
    const known = await Promise.all(members.map(readCalibration))
    const functions = mergeProfiles(known.map((calibration) => calibration.functions))
    const shared = await cutStage(functions, context).dir()
    await copyFile(join(shared, 'ort.wasm'), join(dir, 'ort.wasm'))
    const facts: CutFacts = {
      functions: CutFacts.shape.functions.parse(
        JSON.parse(await readFile(join(shared, 'functions.json'), 'utf8')),
      ),
      models: members.map(({ folder }) => folder.id),
      calibrationRuns: known.reduce((sum, { runs }) => sum + runs, 0),
    }
    await writeFile(join(dir, 'cut.json'), JSON.stringify(facts))
  })
}

/** A profile is the set of functions that ran; that of several models is all of them. */
export function mergeProfiles(profiles: readonly (readonly number[])[]): number[] {
  return Array.from(new Set(profiles.flat())).toSorted((a, b) => a - b)
}

/** Cutting takes seconds, and calibrations that ran the same functions give the same runtime: kept by those. */
function cutStage(functions: readonly number[], context: StageContext): Stage {
  const code = codeDigest(join(import.meta.dirname, 'cut', 'cut-runtime.ts'))
  const { prepared } = context.forms
  const inputs = { functions: sha256(functions.join()), prepared: prepared.key, code }
  return stage(context.cacheDir, 'cut', inputs, async (dir) => {
    context.log(`cutting the runtime to ${functions.length} functions and what they call`)
    // binaryen takes a second to load: only who needs it waits
    const { cutRuntime } = await import('./cut/cut-runtime.ts')
    const result = cutRuntime(await readRuntime(prepared), new Set(functions))
    await writeFile(join(dir, 'ort.wasm'), result.wasm)
    await writeFile(join(dir, 'functions.json'), JSON.stringify(result.functions))
  })
}
