import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { OUTPUT_DIR, ROOT } from '../paths.ts'
import { codeDigest } from './code-digest.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(OUTPUT_DIR, 'test-digest-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFile(join(dir, name), text)
const digest = () => codeDigest(join(dir, 'entry.ts'))

test('changes with any module that is imported, however deep and however it is', async () => {
  await write('entry.ts', "import { a } from './a.ts'\nawait import('./b.ts')\n")
  await write('a.ts', "export { c } from './c.ts'\n")
  await write('b.ts', '')
  await write('c.ts', 'export const c = 1\n')
  const seen = new Set([digest()])
  expect(digest()).toBe(Array.from(seen)[0])
  for (const file of ['b.ts', 'c.ts']) {
    await write(file, 'export const c = 2\n')
    seen.add(digest())
  }
  expect(seen.size).toBe(3)
})

test('holds the file of workerd and that of Node where an import is another in each', async () => {
  await write('entry.ts', "import { resizerWasm } from '#resizer'\n")
  const both = digest()
  const [edge, native] = ['shared/media', 'workers/native'].map((folder) =>
    join(ROOT, folder, 'resizer-wasm.ts'),
  )
  await write('entry.ts', `import { resizerWasm } from '${native}'\n`)
  expect(digest()).not.toBe(both)
  expect([edge, native].map((path) => codeDigest(path ?? '')).includes(both)).toBe(false)
})

test('changes with the packages that are imported', async () => {
  await write('entry.ts', "import { z } from 'zod'\n")
  const zod = digest()
  await write('entry.ts', "import { z } from 'nothing-that-is-installed'\n")
  const none = digest()
  await write('entry.ts', "import { encode } from 'fast-png'\n")
  expect(new Set([zod, none, digest()]).size).toBe(3)
})
