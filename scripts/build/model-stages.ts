import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import type { Manifest } from '#shared/manifest.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { Calibration } from './calibrate/calibration.ts'
import { codeDigest } from './code-digest.ts'
import { convertedStage } from './converted-stage.ts'
import { sha256 } from './digest.ts'
import { writeForeignFiles } from './foreign-files.ts'
import { makeGraphs } from './make-graphs.ts'
import { inModelProcess, type ModelProcessRequest } from './model-process.ts'
import { optimise } from './optimise.ts'
import { roundWeights } from './round-weights.ts'
import { runtimePath, type RuntimeForms } from './runtime-forms.ts'
import { stage, type Stage } from './stage.ts'
import { toolVersions } from './tool-versions.ts'

export interface StageContext {
  modelsDir: string
  cacheDir: string
  /** The same for all models, so that those built at once make each form once. */
  forms: RuntimeForms
  log(message: string): void
  /** False keeps the published runtime, which goes on from no image. */
  cut: boolean
}

/** What a model's stages are, up to what they need of the runtime. */
export interface ModelStages {
  folder: ModelFolder
  /** `<graph>.onnx` or what it is converted from, assets and contents.json. */
  source: Stage
  /** `<graph>.onnx`; the same as `source` where there is nothing to convert. */
  converted: Stage
  /** `<graph>.onnx`. */
  optimised: Stage
  /** `<graph>.image`; absent for a model that runs natively only, and with the published runtime. */
  imaged?: Stage
  /** calibration.json. */
  calibrated: Stage
}

/** What stage `source` holds. */
export const Contents = z.object({
  graphs: z.array(z.string()),
  assets: z.array(z.string()),
  report: z.record(z.string(), z.unknown()).optional(),
})
export type Contents = z.infer<typeof Contents>

const HERE = import.meta.dirname
const codeOf = (file: string) => codeDigest(join(HERE, file))

/** Source → converted → optimised → calibrated; nothing runs until a later stage asks for it. */
export function modelStages(folder: ModelFolder, context: StageContext): ModelStages {
  const { id, path, manifest } = folder
  const { cacheDir, forms, log } = context
  const tools = toolVersions()
  const tensors = { inputs: manifest.inputs, outputs: manifest.outputs }
  const { weights } = manifest

  const recipe =
    manifest.source.type === 'recipe' ? codeDigest(join(path, manifest.source.script)) : undefined
  const source = stage(
    cacheDir,
    'source',
    {
      id,
      source: manifest.source,
      // a file that was edited without its digest must be noticed, not answered from the cache
      files: localDigests(manifest.source, path),
      tensors,
      recipe,
      // a recipe may hold what it reads against them
      labels: manifest.labels,
      code: [codeOf('make-graphs.ts'), codeOf('foreign-files.ts')],
      tools,
    },
    async (dir) => {
      const fetching = { modelId: id, modelDir: path, cacheDir, log }
      const foreign = await writeForeignFiles(manifest, fetching, dir)
      const made = await makeGraphs(manifest, fetching)
      for (const [name, graph] of Object.entries(made.graphs))
        await writeFile(join(dir, `${name}.onnx`), graph)
      for (const [name, asset] of Object.entries(made.assets ?? {}))
        await writeFile(join(dir, name), asset)
      const contents: Contents = {
        graphs: [...Object.keys(made.graphs), ...foreign],
        assets: Object.keys(made.assets ?? {}),
        ...(made.report ? { report: made.report } : {}),
      }
      await writeFile(join(dir, 'contents.json'), JSON.stringify(contents))
    },
  )

  const converted = convertedStage(folder, source, context)
  const optimising = [codeOf('optimise.ts'), codeOf('round-weights.ts')]
  const optimised = stage(
    cacheDir,
    'optimised',
    { converted: converted.key, tensors, weights, code: optimising, tools },
    async (dir) => {
      const from = await converted.dir()
      for (const name of (await readContents(source)).graphs) {
        log(`optimising ${name}`)
        await optimise(await readFile(join(from, `${name}.onnx`)), name, manifest, dir)
        if (weights !== 'float16') continue
        const optimal = await readFile(join(dir, `${name}.onnx`))
        await optimise(roundWeights(optimal, `[${id}] graph '${name}'`), name, manifest, dir)
      }
    },
  )

  const driven = {
    optimised: optimised.key,
    manifest: fieldsOfCodec(manifest),
    codec: codeDigest(join(path, 'codec.ts')),
    code: codeOf('model-process-main.ts'),
    tools,
  }
  const imaged =
    context.cut && manifest.placement.includes('edge')
      ? stage(cacheDir, 'imaged', { ...driven, hooked: forms.hooked.key }, async (dir) => {
          log('opening its sessions ahead of time')
          const request = await processRequest({ folder, source, converted, optimised }, context)
          const hooked = await runtimePath(forms.hooked)
          await inModelProcess('image', { ...request, hooked, imagesDir: dir }, log)
        })
      : undefined

  const inputs = { ...driven, imaged: imaged?.key, instrumented: forms.instrumented.key }
  const calibrated = stage(cacheDir, 'calibrated', inputs, async (dir) => {
    const request = await processRequest({ folder, source, converted, optimised }, context)
    const edge = imaged && {
      instrumented: await runtimePath(forms.instrumented),
      imagesDir: await imaged.dir(),
    }
    const result = await inModelProcess('calibrate', { ...request, ...(edge ? { edge } : {}) }, log)
    await writeFile(join(dir, 'calibration.json'), JSON.stringify(result))
  })
  return { folder, source, converted, optimised, ...(imaged ? { imaged } : {}), calibrated }
}

export async function readContents(source: Stage): Promise<Contents> {
  return Contents.parse(
    JSON.parse(await readFile(join(await source.dir(), 'contents.json'), 'utf8')),
  )
}

export async function readCalibration({ calibrated }: ModelStages): Promise<Calibration> {
  const text = await readFile(join(await calibrated.dir(), 'calibration.json'), 'utf8')
  return Calibration.parse(JSON.parse(text))
}

/** What a process that runs the model's examples is told. */
export async function processRequest(
  stages: Pick<ModelStages, 'folder' | 'source' | 'converted' | 'optimised'>,
  { modelsDir, cacheDir }: StageContext,
): Promise<ModelProcessRequest> {
  const { folder, source, converted, optimised } = stages
  return {
    modelsDir,
    id: folder.id,
    sourceDir: await source.dir(),
    convertedDir: await converted.dir(),
    optimisedDir: await optimised.dir(),
    graphs: (await readContents(source)).graphs,
    cacheDir,
  }
}

/** The digests of the files beside the manifest that it names, as they are now. */
function localDigests(value: unknown, dir: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  const local = z.object({ type: z.literal('file'), path: z.string() }).safeParse(value)
  if (!local.success) return Object.values(value).flatMap((field) => localDigests(field, dir))
  const path = join(dir, local.data.path)
  return [existsSync(path) ? sha256(readFileSync(path)) : 'missing']
}

/** The manifest as far as a codec or the calibration can depend on it: not what it claims or expects. */
function fieldsOfCodec(manifest: Manifest): unknown {
  const { id, version, inputs, outputs, labels, accepts, produces } = manifest
  const { limits, placement, weights, examples } = manifest
  const asked = examples.map(({ name, input, parameters }) => ({ name, input, parameters }))
  return {
    id,
    version,
    inputs,
    outputs,
    labels,
    accepts,
    produces,
    limits,
    placement,
    weights,
    examples: asked,
  }
}
