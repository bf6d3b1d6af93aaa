import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { extract, list } from 'tar'
import { z } from 'zod'

import { BuildError } from './build-error.ts'

const run = promisify(execFile)

/** Ten minutes for one package: a slow line, not a hung one. */
const PACK_TIMEOUT_MS = 10 * 60_000
/** The largest file taken out of a package. */
const MAX_FILE_BYTES = 512 * 1024 * 1024

const PackResult = z.array(z.object({ filename: z.string() })).length(1)

/** What the cache has of a package is no tarball any more. */
export class DamagedTarball extends BuildError {
  readonly path: string

  constructor(spec: string, path: string, cause: unknown) {
    super(`${spec} is damaged: it is no whole tarball; try again, or look at what npm fetches`, {
      cause,
    })
    this.path = path
  }
}

/** Path of the package's tarball in the cache; `npm pack` fetches it, so the user's npm configuration applies. */
export async function npmTarball(spec: string, cacheDir: string): Promise<string> {
  const dir = join(cacheDir, 'npm')
  const path = join(dir, `${spec.replaceAll('/', '+')}.tgz`)
  if (await exists(path)) return path

  const fresh = join(dir, `.${randomUUID()}`)
  await mkdir(fresh, { recursive: true })
  try {
    const { stdout } = await run(
      'npm',
      ['pack', spec, '--json', '--silent', '--pack-destination', fresh],
      {
        timeout: PACK_TIMEOUT_MS,
        maxBuffer: 64 * 1024 * 1024, // it lists every file of the package
      },
    )
    const [{ filename }] = PackResult.parse(JSON.parse(stdout)) as [{ filename: string }] // as: length(1)
    await rename(join(fresh, filename), path)
  } catch (err) {
    throw new BuildError(
      `npm could not fetch ${spec}; check the network and that the package and version exist ` +
        `(\`npm view ${spec}\`)`,
      { cause: err },
    )
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return path
}

/** One file out of a tarball; `path` is relative to the package's root. Throws DamagedTarball. */
export async function fileInTarball(tarball: string, path: string, spec: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  let found = false
  let complaint: unknown
  await list({
    file: tarball,
    onwarn: (code, message) => {
      if (code === 'TAR_BAD_ARCHIVE') complaint = message
    },
    onReadEntry(entry) {
      // the first folder is `package` by custom, not by rule
      if (entry.type !== 'File' || entry.path.split('/').slice(1).join('/') !== path) return
      found = true
      entry.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= MAX_FILE_BYTES) chunks.push(chunk)
      })
    },
  }).catch((err: unknown) => {
    // of zlib: cut off, or other bytes than were packed
    if (!(err instanceof Error && 'code' in err && String(err.code).startsWith('Z_'))) throw err
    complaint = err
  })
  if (complaint !== undefined) throw new DamagedTarball(spec, tarball, complaint)
  if (!found) throw new BuildError(`${spec} has no file ${path}`)
  if (size > MAX_FILE_BYTES)
    throw new BuildError(`${spec} ${path} is larger than ${MAX_FILE_BYTES} bytes`)
  return Buffer.concat(chunks)
}

/** Unpacks a whole package, once for each digest, and returns its folder. */
export async function unpackTarball(
  tarball: string,
  digest: string,
  cacheDir: string,
): Promise<string> {
  const folder = join(cacheDir, 'unpacked', digest)
  if (await exists(folder)) return folder
  const fresh = `${folder}.${randomUUID()}`
  await mkdir(fresh, { recursive: true })
  // tar itself refuses absolute paths and those that climb out
  await extract({
    file: tarball,
    cwd: fresh,
    strip: 1,
    filter: (_, entry) => !('type' in entry) || entry.type === 'File' || entry.type === 'Directory',
  })
  try {
    await rename(fresh, folder)
  } catch (err) {
    // another build was first: its folder has the same content
    await rm(fresh, { recursive: true, force: true })
    if (!(await exists(folder))) throw err
  }
  return folder
}

/** SHA-256 of a file without reading it whole. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
