import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { z } from 'zod'

import { runtime as onnx } from '#onnx'
import type { Admit } from '#shared/admission.ts'
import type { Codec } from '#shared/codec.ts'
import type { InferenceRuntime } from '#shared/inference.ts'
import { LoadedModel } from '#shared/loaded-model.ts'

import type { ModelFolder } from './model-folders.ts'

/** What a model folder's codec.ts exports; its own types vouch for the rest. */
const CodecModule = z.object({
  codec: z.custom<Codec>(
    (value) => typeof value === 'object' && value !== null && 'predict' in value,
    'codec.ts must export `codec`',
  ),
})

/**
 * Makes the folders ready to serve. Throws when one has not been built.
 * @param admitFor what lets in the work of the model of that id; all at once by default
 */
export function loadModels(
  folders: readonly ModelFolder[],
  artefactsDir: string,
  admitFor: (id: string) => Admit = () => (work) => work(),
  runtime = onnx,
): Promise<LoadedModel[]> {
  return Promise.all(
    folders.map((folder) => loadModel(folder, artefactsDir, admitFor(folder.id), runtime)),
  )
}

async function loadModel(
  folder: ModelFolder,
  artefactsDir: string,
  admit: Admit,
  runtime: InferenceRuntime,
): Promise<LoadedModel> {
  const graphPath = (name: string) => join(artefactsDir, folder.id, `${name}.onnx`)
  try {
    await access(graphPath('model'))
  } catch (err) {
    throw new Error(`[${folder.id}] is not built: run \`npm run build -- ${folder.id}\``, {
      cause: err,
    })
  }
  const { codec } = CodecModule.parse(
    await import(pathToFileURL(join(folder.path, 'codec.ts')).href),
  )
  return new LoadedModel({
    manifest: folder.manifest,
    codec,
    loadGraph: (name) => readFile(graphPath(name)),
    runtime,
    admit,
  })
}
