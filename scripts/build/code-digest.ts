import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { relative } from 'node:path'

import { ROOT } from '../paths.ts'
import { sha256 } from './digest.ts'

/** Static and dynamic imports with a literal specifier, and re-exports. */
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g
/** Ours begin with a dot or, by package.json's imports, with #; packages are covered by their versions. */
const OWN = /^(\.{1,2}\/|#(?!artefacts\/))/

/**
 * The digest of a module and of every module of this repository that it imports, however deep: what
 * the work it does depends on, tool versions and inputs apart. A manifest's own fields are left out,
 * since a stage names those that it reads.
 */
export function codeDigest(entry: string): string {
  const seen = new Set<string>()
  collect(entry, seen)
  const files = Array.from(seen).toSorted()
  return sha256(
    JSON.stringify(files.map((file) => [relative(ROOT, file), sha256(readFileSync(file))])),
  )
}

function collect(file: string, seen: Set<string>): void {
  if (seen.has(file) || file.endsWith('/manifest.json')) return
  seen.add(file)
  if (!file.endsWith('.ts')) return
  const { resolve } = createRequire(file)
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (OWN.test(specifier)) collect(resolve(specifier), seen)
  }
}
