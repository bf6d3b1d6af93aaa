import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { z } from 'zod'

import type { Manifest } from '#shared/manifest.ts'
import { packFloats } from '#shared/packed-floats.ts'

import { EdgeMeasurement, measureWorker } from './admit/measure-worker.ts'
import { BuildError } from './build-error.ts'
import { codeDigest } from './code-digest.ts'
import { Difference } from './difference.ts'
import { inModelProcess } from './model-process.ts'
import {
  processRequest,
  readCalibration,
  readContents,
  type ModelStages,
  type StageContext,
} from './model-stages.ts'
import { PUBLISHED_RUNTIME, runtimePath } from './runtime-forms.ts'
import { stage, type Stage } from './stage.ts'
import { toolVersions } from './tool-versions.ts'

/**
 * Largest difference between WebAssembly and native, relative to the largest value of an output. They
 * round sums otherwise, 1e-6 is usual; more than this is a kernel that computes something else.
 */
const MAX_PARITY_DIFFERENCE = 1e-2

/** What a model's Worker runs on. */
export interface EdgeRuntime {
  /** ort.wasm. */
  runtime: Stage
  /** `<graph>.image`; absent with the published runtime. */
  imaged: Stage | undefined
}

export interface EdgeStages {
  /** parity.json: the cut runtime was compared with the published one and with native. */
  compared: Stage
  /** measured.json. */
  measured: Stage
}

/** What a model must pass before its Worker is let to the edge. */
export function edgeStages(
  stages: ModelStages,
  edge: EdgeRuntime,
  context: StageContext,
): EdgeStages {
  const { folder, calibrated } = stages
  const { runtime } = edge
  const { cacheDir, log } = context
  const made = { calibrated: calibrated.key, runtime: runtime.key, tools: toolVersions() }

  const compared = stage(
    cacheDir,
    'compared',
    { ...made, code: codeDigest(join(import.meta.dirname, 'model-process-main.ts')) },
    async (dir) => {
      await withArtefacts(async (artefactsDir) => {
        const request = await processRequest(stages, context)
        const { different, parity } = await inModelProcess(
          'compare',
          { ...request, published: PUBLISHED_RUNTIME, artefactsDir },
          log,
        )
        if (different !== undefined) throw notTheSame(folder.id, different)
        await writeFile(join(dir, 'parity.json'), JSON.stringify(parity))
      })
    },
  )

  const measured = stage(
    cacheDir,
    'measured',
    {
      ...made,
      worker: codeDigest(join(folder.path, 'index.ts')),
      code: codeDigest(join(import.meta.dirname, 'admit', 'measure-worker.ts')),
    },
    async (dir) => {
      log('measuring it in workerd')
      const { largestExample } = await readCalibration(stages)
      await withArtefacts(async (artefactsDir, workDir) => {
        const result = await measureWorker({
          folder,
          artefactsDir,
          workDir,
          cacheDir,
          largestExample,
        })
        await writeFile(join(dir, 'measured.json'), JSON.stringify(result))
      })
    },
  )
  return { compared, measured }

  /** Hands on a folder with what nodes are to get, and one that it may fill besides; both are deleted. */
  async function withArtefacts(
    use: (artefactsDir: string, workDir: string) => Promise<void>,
  ): Promise<void> {
    const workDir = await mkdtemp(join(tmpdir(), 'capillary-artefacts-'))
    try {
      const artefactsDir = join(workDir, 'artefacts')
      await mkdir(artefactsDir)
      await collectArtefacts(stages, edge, artefactsDir)
      await use(artefactsDir, workDir)
    } finally {
      await rm(workDir, { recursive: true, force: true })
    }
  }
}

/**
 * Puts what nodes import into `dir`: graphs and assets and, for the edge, the runtime with an image of
 * each graph. The published runtime can't go on from an image: it opens the graph itself, which then has
 * the image's name.
 */
export async function collectArtefacts(
  { folder, source, optimised }: Pick<ModelStages, 'folder' | 'source' | 'optimised'>,
  edge: EdgeRuntime | undefined,
  dir: string,
): Promise<void> {
  const { graphs, assets } = await readContents(source)
  for (const name of graphs) {
    const graph = join(await optimised.dir(), `${name}.onnx`)
    await storeArtefact(graph, join(dir, `${name}.onnx`), folder.manifest)
    if (!edge) continue
    const image = edge.imaged ? join(await edge.imaged.dir(), `${name}.image`) : graph
    await storeArtefact(image, join(dir, `${name}.image`), folder.manifest)
  }
  for (const name of assets) await copyFile(join(await source.dir(), name), join(dir, name))
  if (edge) await copyFile(await runtimePath(edge.runtime), join(dir, 'ort.wasm'))
}

/** A graph, in half the bytes where its weights were rounded for that. */
async function storeArtefact(
  from: string,
  to: string,
  { weights }: Pick<Manifest, 'weights'>,
): Promise<void> {
  if (weights === 'float16') await writeFile(to, packFloats(await readFile(from)))
  else await copyFile(from, to)
}

/** Throws BuildError where WebAssembly and native are further apart than rounding makes them. */
export async function readParity(
  { compared }: EdgeStages,
  id: string,
): Promise<Record<string, Difference>> {
  const text = await readFile(join(await compared.dir(), 'parity.json'), 'utf8')
  const parity = z.record(z.string(), Difference).parse(JSON.parse(text))
  for (const [output, { maxRelative }] of Object.entries(parity)) {
    if (!(maxRelative <= MAX_PARITY_DIFFERENCE)) throw noParity(id, output, maxRelative)
  }
  return parity
}

export async function readMeasurement({ measured }: EdgeStages): Promise<EdgeMeasurement> {
  return EdgeMeasurement.parse(
    JSON.parse(await readFile(join(await measured.dir(), 'measured.json'), 'utf8')),
  )
}

function notTheSame(id: string, example: string): BuildError {
  return new BuildError(
    `[${id}] the cut runtime does not answer the example '${example}' bit for bit as the published one\n` +
      `  This is a bug of the cut: please report it. Until then "runtime": "published" in manifest.json keeps the published runtime.`,
  )
}

function noParity(id: string, output: string, maxRelative: number): BuildError {
  return new BuildError(
    `[${id}] WebAssembly and native answer the examples otherwise: output ${output} differs by ` +
      `${maxRelative.toExponential(1)} of its largest value, ${MAX_PARITY_DIFFERENCE} is the most\n` +
      '  The graph is numerically unstable, or a kernel of one runtime is wrong: set "placement" to the one you trust.',
  )
}
