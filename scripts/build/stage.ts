import { randomUUID } from 'node:crypto'
import { access, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'

import { memoizePromise } from '#shared/memoize-promise.ts'

import { sha256 } from './digest.ts'

/** Results that no build asked for in this time are deleted. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000

/** A step of the build that is done at most once for the same inputs. */
export interface Stage {
  /** Stands for the result in the keys of later stages; known before the stage has run. */
  readonly key: string
  /** The folder of its files; made when first asked for, unless an earlier build did. */
  dir(): Promise<string>
}

/**
 * A pure step of the build. `inputs` is all that decides the result: keys of earlier stages, fields of
 * the manifest, digests of code, versions. The folder that `make` fills appears whole or not at all.
 */
export function stage(
  cacheDir: string,
  name: string,
  inputs: unknown,
  make: (dir: string) => Promise<void>,
): Stage {
  const key = sha256(JSON.stringify([name, inputs]))
  const dir = join(cacheDir, 'stages', `${name}-${key.slice(0, 32)}`)
  return { key, dir: memoizePromise(() => materialise(dir, make)).get }
}

async function materialise(dir: string, make: (dir: string) => Promise<void>): Promise<string> {
  if (await exists(dir)) {
    const now = new Date()
    await utimes(dir, now, now)
    return dir
  }
  const fresh = `${dir}.${randomUUID()}`
  await mkdir(fresh, { recursive: true })
  try {
    await make(fresh)
    await rename(fresh, dir)
  } catch (err) {
    await rm(fresh, { recursive: true, force: true })
    // another build was first: its result is the same
    if (!(isTaken(err) && (await exists(dir)))) throw err
  }
  return dir
}

/** Deletes the results of stages that nothing has asked for in a month. */
export async function pruneStages(cacheDir: string): Promise<void> {
  const stages = join(cacheDir, 'stages')
  const names = await readdir(stages).catch(() => [])
  for (const name of names) {
    const path = join(stages, name)
    const used = await stat(path).catch(() => undefined)
    if (used && Date.now() - used.mtimeMs > KEEP_MS)
      await rm(path, { recursive: true, force: true })
  }
}

function isTaken(err: unknown): boolean {
  return (
    err instanceof Error && 'code' in err && (err.code === 'ENOTEMPTY' || err.code === 'EEXIST')
  )
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
