import { execFile } from 'node:child_process'
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { build } from 'esbuild'

import { ROOT } from '../paths.ts'

const CLIENT_DIR = join(ROOT, 'client')
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')

const run = promisify(execFile)

/** Builds the package of client/ into `packageDir`, ready for `npm pack`: one ES module, the command, types. */
export async function buildClient(packageDir = CLIENT_DIR): Promise<void> {
  const outdir = join(packageDir, 'dist')
  await rm(outdir, { recursive: true, force: true })
  await mkdir(packageDir, { recursive: true })
  await build({
    entryPoints: ['index.ts', 'types-command.ts'].map((file) => join(CLIENT_DIR, file)),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    target: 'es2022',
    outdir,
  })
  await run(process.execPath, [TSC, '-p', CLIENT_DIR, '--outDir', outdir])
  await copyFile(join(ROOT, 'LICENSE'), join(packageDir, 'LICENSE'))
  if (packageDir === CLIENT_DIR) return
  for (const file of ['package.json', 'README.md']) {
    await copyFile(join(CLIENT_DIR, file), join(packageDir, file))
  }
}
