import { createRequire } from 'node:module'
import { join } from 'node:path'

import { z } from 'zod'

import { ROOT } from '../paths.ts'

const require = createRequire(import.meta.url)

/** What decides the bytes of an artefact or measures it. */
const TOOLS = [
  'onnxruntime-node',
  'onnxruntime-web',
  'onnx-proto',
  'binaryen',
  'flatbuffers',
  'esbuild',
  'workerd',
  '@tensorflow/tfjs-backend-cpu',
]

/** Versions of every tool of the build, as installed. */
export function toolVersions(): Record<string, string> {
  return Object.fromEntries(TOOLS.map((name) => [name, installedVersion(name)]))
}

function installedVersion(name: string): string {
  // exports of a package may hide its package.json: read it where npm put it
  const path = join(ROOT, 'node_modules', name, 'package.json')
  return z.object({ version: z.string() }).parse(require(path)).version
}
