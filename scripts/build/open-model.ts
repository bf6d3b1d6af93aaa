import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { z } from 'zod'

import type { Codec } from '#shared/codec.ts'
import type { InferenceRuntime, InferenceSession } from '#shared/inference.ts'

import { readModelFolders, type ModelFolder } from '../../workers/native/model-folders.ts'
import { BuildError } from './build-error.ts'
import type { ModelProcessRequest } from './model-process.ts'

const CodecModule = z.object({
  codec: z.custom<Codec>(
    (value) => typeof value === 'object' && value !== null && 'predict' in value,
  ),
})

/** The model's folder and its codec. Throws BuildError when codec.ts has no codec. */
export async function openModel({
  modelsDir,
  id,
}: ModelProcessRequest): Promise<{ folder: ModelFolder; codec: Codec }> {
  const [folder] = readModelFolders(modelsDir, [id])
  if (!folder) throw new BuildError(`[${id}] has no folder in ${modelsDir}`)
  const module: unknown = await import(pathToFileURL(join(folder.path, 'codec.ts')).href)
  const parsed = CodecModule.safeParse(module)
  if (!parsed.success)
    throw new BuildError(`[${id}] codec.ts must export \`codec\` with a predict()`)
  return { folder, codec: parsed.data.codec }
}

/** A session over each of the model's graphs. */
export function openSessions(
  request: ModelProcessRequest,
  runtime: InferenceRuntime,
  wasm?: WebAssembly.Module,
): Promise<Map<string, InferenceSession>> {
  return open(request, (name) => join(request.optimisedDir, `${name}.onnx`), runtime, wasm)
}

/** A session that goes on from the image of each of the model's graphs. */
export function openImages(
  request: ModelProcessRequest & { imagesDir: string },
  runtime: InferenceRuntime,
  wasm: WebAssembly.Module,
): Promise<Map<string, InferenceSession>> {
  return open(request, (name) => join(request.imagesDir, `${name}.image`), runtime, wasm)
}

async function open(
  { id, graphs }: ModelProcessRequest,
  pathOf: (graph: string) => string,
  runtime: InferenceRuntime,
  wasm: WebAssembly.Module | undefined,
): Promise<Map<string, InferenceSession>> {
  const sessions = new Map<string, InferenceSession>()
  for (const name of graphs) {
    const bytes = await readFile(pathOf(name))
    sessions.set(name, await runtime.createSession({ modelId: id, bytes, wasm }))
  }
  return sessions
}
