import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { PYTHON_TESTS_DIR, type PythonVenv } from './python-venv.ts'

const SEED = 1
/** Made up for each address, besides all single values at the edge of what its schema allows. */
const CASES = 6
const TIMEOUT_MS = 240_000

export interface FuzzTarget {
  url: string
  key: string
  /** Of the operations to call. */
  tag: string
}

export interface FuzzOutcome {
  /** Whether every answer was as the document says. */
  conforms: boolean
  /** Schemathesis' own report, with a curl for each thing it found. */
  report: string
}

/** Calls the addresses of one tag of a mesh's own /openapi.json with what that allows and what it doesn't. */
export async function runSchemathesis(
  { bin }: PythonVenv,
  { url, key, tag }: FuzzTarget,
): Promise<FuzzOutcome> {
  const cwd = await mkdtemp(join(tmpdir(), 'capillary-schemathesis-'))
  const args = [
    ['--config-file', join(PYTHON_TESTS_DIR, 'schemathesis.toml'), '--no-color'],
    ['run', `${url}/openapi.json`, '--include-tag', tag],
    ['-H', `Authorization: Bearer ${key}`],
    // MCP's clients must take both; all others take anything
    ['-H', 'Accept: application/json, text/event-stream, */*'],
    ['--phases', 'examples,coverage,fuzzing', '--max-examples', String(CASES)],
    ['--seed', String(SEED), '--continue-on-failure'],
    // a text that fits the schema of a picture need not be one
    ['--checks', 'all', '--exclude-checks', 'positive_data_acceptance'],
  ].flat()
  const hooks = join(PYTHON_TESTS_DIR, 'schemathesis_hooks.py')
  const env = { ...process.env, SCHEMATHESIS_HOOKS: hooks }
  try {
    return await new Promise((resolve) => {
      execFile(
        join(bin, 'schemathesis'),
        args,
        { cwd, env, timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 },
        (err, stdout, stderr) => {
          const report = `${stdout}${stderr}`
          // it exits well, too, when nothing fits the tag
          const tested = /Tested: [1-9]/.test(report)
          resolve({ conforms: err === null && tested, report })
        },
      )
    })
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}
