import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { z } from 'zod'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { sha256 } from './digest.ts'

const require = createRequire(import.meta.url)
const SCRIPTS = join(import.meta.dirname, '..')

/** Versions of what decides the bytes of an artefact. */
export function toolVersions(): Record<string, string> {
  const names = ['onnxruntime-node', 'onnxruntime-web', 'onnx-proto']
  return Object.fromEntries(names.map((name) => [name, installedVersion(name)]))
}

function installedVersion(name: string): string {
  // exports of a package may hide its package.json: read it where npm put it
  const path = join(SCRIPTS, '..', 'node_modules', name, 'package.json')
  return z.object({ version: z.string() }).parse(require(path)).version
}

/**
 * The digest of all that a model's artefacts are made from: source, tensors and placement of its
 * manifest, its scripts, the build's own code and the tools. Claims and examples are not in it.
 */
export function buildKey({ path, manifest }: ModelFolder): string {
  const { id, source, inputs, outputs, placement } = manifest
  return sha256(
    JSON.stringify({
      manifest: { id, source, inputs, outputs, placement },
      scripts: source.type === 'recipe' ? scriptDigests(path) : {},
      build: { ...scriptDigests(join(SCRIPTS, 'build')), ...scriptDigests(SCRIPTS) },
      tools: toolVersions(),
    }),
  )
}

function scriptDigests(dir: string): Record<string, string> {
  // of scripts/ itself only what recipes import: the commands don't touch artefacts
  const names =
    dir === SCRIPTS ? ['onnx-graph.ts'] : readdirSync(dir, { recursive: true, encoding: 'utf8' })
  const scripts = names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .toSorted()
  return Object.fromEntries(scripts.map((name) => [name, sha256(readFileSync(join(dir, name)))]))
}
