import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The Nodes of this machine's path, one of each major version: npm puts the repository's own before the machine's. */
export async function findNodes(): Promise<{ path: string; version: string }[]> {
  const found = new Map<string, { path: string; version: string }>()
  for (const folder of new Set((process.env.PATH ?? '').split(delimiter))) {
    const path = join(folder, 'node')
    const there = await access(path).then(
      () => true,
      () => false,
    )
    if (!there) continue
    const { stdout } = await run(path, ['--version'])
    const version = stdout.trim().slice(1)
    const [major = ''] = version.split('.')
    if (!found.has(major)) found.set(major, { path, version })
  }
  return [...found.values()]
}
