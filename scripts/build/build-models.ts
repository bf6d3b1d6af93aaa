import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

import { readModelFolders, type ModelFolder } from '../../workers/native/model-folders.ts'
import { BuildError } from './build-error.ts'
import { codeDigest } from './code-digest.ts'
import { sha256 } from './digest.ts'
import { collectArtefacts, edgeStages, type EdgeRuntime, type EdgeStages } from './edge-stages.ts'
import { mapAtOnce } from './map-at-once.ts'
import { modelStages, type ModelStages, type StageContext } from './model-stages.ts'
import { findReceipt, isIntact, type Receipt } from './receipt.ts'
import { runtimeForms, type RuntimeForms } from './runtime-forms.ts'
import { runtimeStage } from './runtime-stage.ts'
import { pruneStages } from './stage.ts'
import { replaceFolder } from './write-atomically.ts'
import { writeReceipt } from './write-receipt.ts'

/**
 * Models in work at once: one more than there are cores, since some wait for downloads and for Workers to
 * start, and at most so many, since each runs in up to a gigabyte.
 */
const AT_ONCE = Math.min(availableParallelism() + 1, 4)

export interface BuildOptions {
  /** Models to build; all when empty. */
  ids?: readonly string[]
  modelsDir: string
  /** `.mesh`: cache and artefacts. */
  outputDir: string
  /** Results of stages and what was fetched; `<outputDir>/cache` when absent. */
  cacheDir?: string
  /** False keeps the runtime as published, also for models whose manifest doesn't. */
  cut?: boolean
  log(message: string): void
}

export interface BuiltModel {
  id: string
  receipt: Receipt
  /** False when nothing had changed. */
  rebuilt: boolean
  ms: number
}

/** A model's stages with what its group adds to them. */
interface ModelPlan {
  stages: ModelStages
  /** Absent for a model that runs natively only. */
  edge?: EdgeStages & EdgeRuntime
  key: string
}

/**
 * Builds what changed: source → verify → convert → optimise → image → calibrate →
 * cut → admit → receipt. Throws
 * BuildError with what to do; the artefacts of the last good build then stay.
 */
export async function buildModels(options: BuildOptions): Promise<BuiltModel[]> {
  const cacheDir = options.cacheDir ?? join(options.outputDir, 'cache')
  // a group's runtime is cut to all its members, whichever of them is built
  const all = readModelFolders(options.modelsDir)
  const forms = runtimeForms({ cacheDir, log: options.log })
  const wanted = readModelFolders(options.modelsDir, options.ids)
  const built = await mapAtOnce(AT_ONCE, wanted, ({ id }) =>
    buildModel(id, all, { ...options, cacheDir, forms }),
  )
  await pruneStages(cacheDir)
  return built
}

type PlanOptions = BuildOptions & { cacheDir: string; forms: RuntimeForms }

async function buildModel(
  id: string,
  all: readonly ModelFolder[],
  options: PlanOptions,
): Promise<BuiltModel> {
  const started = performance.now()
  const artefactsDir = join(options.outputDir, 'models')
  const plan = planModel(id, all, options)
  const known = await findReceipt(artefactsDir, id)
  if (known?.key === plan.key && (await isIntact(known, join(artefactsDir, id))))
    return { id, receipt: known, rebuilt: false, ms: performance.now() - started }

  const fresh = join(artefactsDir, `.${id}.${randomUUID()}`)
  await mkdir(fresh, { recursive: true })
  try {
    await collectArtefacts(plan.stages, plan.edge, fresh)
    const receipt = await writeReceipt(plan, fresh)
    refuseUnfit(plan.stages.folder, receipt)
    await writeFile(join(fresh, 'receipt.json'), `${JSON.stringify(receipt, null, 2)}\n`)
    await replaceFolder(fresh, join(artefactsDir, id))
    return { id, receipt, rebuilt: true, ms: performance.now() - started }
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

function planModel(
  id: string,
  all: readonly ModelFolder[],
  { modelsDir, cacheDir, forms, cut = true, log }: PlanOptions,
): ModelPlan {
  const stagesOf = (folder: ModelFolder) => {
    const context: StageContext = {
      modelsDir,
      cacheDir,
      forms,
      log: (message) => log(`[${folder.id}] ${message}`),
      cut: cut && folder.manifest.runtime !== 'published',
    }
    return { stages: modelStages(folder, context), context }
  }
  const own = all.find((folder) => folder.id === id)
  if (!own) throw new BuildError(`there is no model ${id}`)
  const { stages, context } = stagesOf(own)
  const code = codeDigest(join(import.meta.dirname, 'build-models.ts'))
  const { version, placement } = own.manifest
  if (!placement.includes('edge')) {
    return { stages, key: keyOf([version, placement, stages.calibrated.key, code]) }
  }
  const members = all
    .filter((folder) => isInGroup(folder, own))
    .map((folder) => (folder === own ? stages : stagesOf(folder).stages))
  const runtime = runtimeStage(members, context)
  const edgeRuntime = { runtime, imaged: stages.imaged }
  const edge = { ...edgeStages(stages, edgeRuntime, context), ...edgeRuntime }
  const keys = [stages.calibrated.key, runtime.key, edge.compared.key, edge.measured.key]
  return { stages, edge, key: keyOf([version, placement, ...keys, code]) }
}

function isInGroup(folder: ModelFolder, own: ModelFolder): boolean {
  if (folder === own) return true
  const { runtime, runtimeGroup, placement } = folder.manifest
  return (
    runtimeGroup !== undefined &&
    runtime === own.manifest.runtime &&
    runtimeGroup === own.manifest.runtimeGroup &&
    placement.includes('edge')
  )
}

/** A model that asks for the edge and doesn't fit there must say so before it is deployed. */
function refuseUnfit({ id, manifest }: ModelFolder, { verdict }: Receipt): void {
  if (!manifest.placement.includes('edge') || verdict.placement === 'edge') return
  throw new BuildError(
    `[${id}] asks for the edge and does not fit there:\n${verdict.reasons.map((reason) => `  ${reason}`).join('\n')}\n` +
      '  Set "placement": ["native"] in manifest.json, or make the model or its largest example smaller.',
  )
}

function keyOf(parts: unknown): string {
  return sha256(JSON.stringify(parts))
}
