import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { sha256 } from '../build/digest.ts'
import { writeAtomically } from '../build/write-atomically.ts'
import { ROOT } from '../paths.ts'

const run = promisify(execFile)
const TIMEOUT_MS = 60_000

/** Applies pending migrations to the local D1 in `stateDir`; does nothing when none were added since the last time. */
export async function migrate(stateDir: string): Promise<void> {
  const dir = join(ROOT, 'migrations')
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  const digest = sha256(
    files.map((name) => `${name}\n${readFileSync(join(dir, name), 'utf8')}`).join('\n'),
  )
  const stamp = join(stateDir, 'migrated')
  if ((await readFile(stamp, 'utf8').catch(() => '')) === digest) return
  await run(
    process.execPath,
    [
      join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js'),
      'd1',
      'migrations',
      'apply',
      'DB',
      '--local',
      '--persist-to',
      stateDir,
      '--config',
      join(ROOT, 'wrangler.toml'),
    ],
    {
      cwd: ROOT,
      timeout: TIMEOUT_MS,
      env: { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' },
    },
  )
  await writeAtomically(stamp, digest)
}
