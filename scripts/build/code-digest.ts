import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'

import { z } from 'zod'

import { ROOT } from '../paths.ts'
import { sha256 } from './digest.ts'
import { installedVersion } from './tool-versions.ts'

/** Static and dynamic imports with a literal specifier, and re-exports. */
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g
/** Ours begin with a dot or, by package.json's imports, with #. */
const OWN = /^(\.{1,2}\/|#(?!artefacts\/))/
/** The name of a package in a specifier; built-in modules and artefacts are none. */
const PACKAGE = /^(?!node:|#|\.)(@[\w.-]+\/[\w.-]+|[\w.-]+)/

/** Imports that are another file in workerd than in Node: work depends on both. */
const CONDITIONAL = z
  .object({
    imports: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
  })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))).imports

/**
 * The digest of a module, of every module of this repository that it imports, however deep, and of the
 * versions of the packages that those import: what the work it does depends on, inputs apart. A
 * manifest's own fields are left out, since a stage names those that it reads.
 */
export function codeDigest(entry: string): string {
  const files = new Set<string>()
  const packages = new Set<string>()
  collect(entry, files, packages)
  return sha256(
    JSON.stringify([
      ...Array.from(files)
        .toSorted()
        .map((file) => [relative(ROOT, file), sha256(readFileSync(file))]),
      ...Array.from(packages)
        .toSorted()
        .map((name) => [name, installedVersion(name)]),
    ]),
  )
}

function collect(file: string, files: Set<string>, packages: Set<string>): void {
  if (files.has(file) || file.endsWith('/manifest.json')) return
  files.add(file)
  if (!file.endsWith('.ts')) return
  const { resolve } = createRequire(file)
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const [name] = PACKAGE.exec(specifier) ?? []
    // text that reads like an import names nothing that is installed
    if (name !== undefined && existsSync(join(ROOT, 'node_modules', name))) packages.add(name)
    if (!OWN.test(specifier)) continue
    const targets = CONDITIONAL[specifier]
    const paths =
      typeof targets === 'object'
        ? Object.values(targets).map((path) => join(ROOT, path))
        : [resolve(specifier)]
    for (const path of paths) collect(path, files, packages)
  }
}
