/** The tree's own rules: what is generated is current, what is said is true. */
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

import { describe, expect, test } from 'vitest'

import { ERROR_CODES } from '#shared/error-codes.ts'
import { MESH_VERSION } from '#shared/protocol.ts'

import { findReceipt } from '../scripts/build/receipt.ts'
import { manifestSchema } from '../scripts/manifest-schema.ts'
import { ARTEFACTS_DIR, MODELS_DIR, ROOT } from '../scripts/paths.ts'
import { withServiceBindings } from '../scripts/service-bindings.ts'
import { readModelFolders } from '../workers/native/model-folders.ts'

const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8')
const folders = readModelFolders(MODELS_DIR)

describe('generated files are current', () => {
  test("the router's service bindings: npm run gen", () => {
    const edge = folders
      .filter(({ manifest }) => manifest.placement.includes('edge'))
      .map(({ id }) => id)
    const toml = read('wrangler.toml')
    expect(withServiceBindings(toml, edge)).toBe(toml)
  })

  test("the manifest's JSON Schema: npm run gen", () => {
    expect(JSON.parse(read('shared', 'manifest.schema.json'))).toEqual(manifestSchema())
  })
})

describe.each(folders)('the folder of $id', ({ id, path, manifest }) => {
  test('has the files of every such folder', () => {
    const files = readdirSync(path)
    expect(files).toEqual(expect.arrayContaining(['manifest.json', 'codec.ts']))
    if (!manifest.placement.includes('edge')) return
    expect(files).toEqual(expect.arrayContaining(['index.ts', 'wrangler.toml']))
    expect(read(relative(ROOT, path), 'wrangler.toml')).toContain(`name = "mesh-${id}"`)
  })

  test('assembles its Worker as all others do', () => {
    if (!manifest.placement.includes('edge')) return
    const own = read(relative(ROOT, path), 'index.ts')
    const reference = folders.find((folder) => folder.manifest.placement.includes('edge'))
    expect(own.replaceAll(id, 'ID')).toBe(
      read('workers', 'models', reference?.id ?? '', 'index.ts').replaceAll(
        reference?.id ?? '',
        'ID',
      ),
    )
  })

  test('claims what its recipe measured', async () => {
    const report = (await findReceipt(ARTEFACTS_DIR, id))?.report
    if (report === undefined) return
    const heldOut = report.heldOut as Record<string, number> // as: recipes that report scores report numbers
    for (const { metric, value } of manifest.claims) {
      expect(value, metric).toBe(Math.round((heldOut[metric] ?? 0) * 10_000) / 10_000)
    }
  })
})

test('every test file belongs to a project', () => {
  const all = globSync('**/*.test.ts', { cwd: ROOT, exclude: ['node_modules/**', '.mesh/**'] })
  expect(all.filter((file) => !/^(shared|workers|scripts|client|test)\//.test(file))).toEqual([])
})

test('every error code is explained', () => {
  const page = read('docs', 'errors.md')
  for (const code of Object.keys(ERROR_CODES)) expect(page).toContain(`| \`${code}\` |`)
})

test("servers say package.json's version", () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ version: MESH_VERSION })
})

test('core names no model', () => {
  const core = globSync('{shared,workers/router,workers/native}/**/*.ts', {
    cwd: ROOT,
    exclude: ['**/*.test.ts'],
  })
  for (const file of core) {
    const text = read(file).replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, '')
    for (const { id } of folders) expect(text, file).not.toContain(`'${id}'`)
  }
})
