import { createRequire } from 'node:module'
import { join } from 'node:path'

import { z } from 'zod'

import { ROOT } from '../paths.ts'

const require = createRequire(import.meta.url)

/** What decides the bytes of an artefact, or is held against it, or measures it. */
const TOOLS = [
  'onnxruntime-node',
  'onnxruntime-web',
  'onnx-proto',
  'binaryen',
  'esbuild',
  'workerd',
  'node',
  '@tensorflow/tfjs-backend-cpu',
  '@litertjs/core',
]

/** Versions of every tool of the build, as installed. */
export function toolVersions(): Record<string, string> {
  return Object.fromEntries(TOOLS.map((name) => [name, installedVersion(name)]))
}

/** The version of a package that npm installed here. */
export function installedVersion(name: string): string {
  // exports of a package may hide its package.json: read it where npm put it
  const path = join(ROOT, 'node_modules', name, 'package.json')
  return z.object({ version: z.string() }).parse(require(path)).version
}
