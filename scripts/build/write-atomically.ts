import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Writes a file so that a reader sees the old one or the new one, never half. */
export async function writeAtomically(path: string, data: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const fresh = join(dirname(path), `.${basename(path)}.${randomUUID()}`)
  await writeFile(fresh, data)
  await rename(fresh, path)
}

/** Puts the finished folder `fresh` in the place of `path`, whatever was there. */
export async function replaceFolder(fresh: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const old = `${path}.${randomUUID()}`
  try {
    await rename(path, old)
  } catch (err) {
    if (!isMissing(err)) throw err
  }
  await rename(fresh, path)
  await rm(old, { recursive: true, force: true })
}

function isMissing(err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'ENOENT'
}
