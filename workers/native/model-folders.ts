import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseManifest, type Manifest } from '#shared/manifest.ts'

export interface ModelFolder {
  id: string
  path: string
  manifest: Manifest
}

/**
 * The model folders under `dir`, by id; only `ids` when some are given. Throws when a manifest is
 * wrong, when it sits in a folder of another name, or when an id has no folder.
 */
export function readModelFolders(dir: string, ids: readonly string[] = []): ModelFolder[] {
  const all = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
  const unknown = ids.filter((id) => !all.includes(id))
  if (unknown.length > 0) {
    throw new Error(`there is no model ${unknown.join(', ')}; there are ${all.join(', ')}`)
  }
  return all
    .filter((id) => ids.length === 0 || ids.includes(id))
    .map((id) => readModelFolder(dir, id))
}

function readModelFolder(dir: string, id: string): ModelFolder {
  const path = join(dir, id)
  const manifest = parseManifest(JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')), id)
  if (manifest.id !== id) {
    throw new Error(`[${id}] manifest.json says id '${manifest.id}'; the folder's name is the id`)
  }
  return { id, path, manifest }
}
