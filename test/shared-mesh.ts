import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { TestProject } from 'vitest/node'

import { startMesh } from '../scripts/mesh/start-mesh.ts'
import { OUTPUT_DIR } from '../scripts/paths.ts'

/** What tests know of the mesh that they share; those that break something start their own. */
export interface SharedMesh {
  url: string
  adminKey: string
  inferKey: string
  signingKey: string
  publicKey: string
  nativeUrl: string
  /** Base URL of each model Worker by model id. */
  workerUrls: Record<string, string>
  /** Of each edge model's own workerd. */
  workerPids: Record<string, number>
}

declare module 'vitest' {
  interface ProvidedContext {
    mesh: SharedMesh
  }
}

/** Starts the whole mesh once for all test files, with a registry of its own, and stops it after them. */
export default async function startSharedMesh(project: TestProject): Promise<() => Promise<void>> {
  const outputDir = join(OUTPUT_DIR, 'test')
  await rm(outputDir, { recursive: true, force: true })
  const mesh = await startMesh({
    port: 0,
    outputDir,
    // tests deploy nodes that answer wrongly, and want them asked; test/cards.test.ts has a mesh that is strict
    verification: 'off',
    log: (message) => console.log(message),
  })
  const { adminKey, inferKey, signingKey, publicKey } = mesh.secrets
  project.provide('mesh', {
    url: mesh.url,
    adminKey,
    inferKey,
    signingKey,
    publicKey,
    nativeUrl: mesh.native.url,
    workerUrls: Object.fromEntries(Array.from(mesh.models, ([id, worker]) => [id, worker.url])),
    workerPids: Object.fromEntries(Array.from(mesh.models, ([id, worker]) => [id, worker.pid])),
  })
  return () => mesh.stop()
}
