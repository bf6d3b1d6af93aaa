/**
 * Python for the clients that are written in it: a virtual environment of exact versions, made once
 * below .mesh/ and kept between runs.
 */
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

import { sha256 } from '../build/digest.ts'
import { OUTPUT_DIR, ROOT } from '../paths.ts'

export interface PythonVenv {
  /** The interpreter's path. */
  python: string
  /** The folder of the packages' commands, e.g. `pytest` or `mlserver`. */
  bin: string
}

/** Why there is no environment: in words to print with the tests that are skipped for it. */
export interface NoPython {
  reason: string
}

export const PYTHON_TESTS_DIR = join(ROOT, 'test', 'clients', 'python')

/** Files of requirements beside the Python tests, each of an environment of its own. */
export const REQUIREMENTS = ['requirements.txt', 'requirements-mlserver.txt'] as const

/** Which Pythons the pinned packages allow: schemathesis needs 3.11, kserve 0.21 ends before 3.14. */
const CLIENTS_MINORS = [11, 13] as const
/** MLServer 1.7 ends before 3.13. */
const MLSERVER_MINORS = [11, 12] as const
const COMMANDS = ['python3', 'python3.13', 'python3.12', 'python3.11']
/** What pip says of a package that is worth a line: each download and the end. */
const PROGRESS = /^\s*(Downloading \S+|Installing collected|Successfully installed)/

/** Wheels of some 100 MB, from wherever; a connection that hangs must not hold the tests for ever. */
const PIP_TIMEOUT_MS = 900_000

const run = promisify(execFile)

/**
 * The environment of a file of requirements beside the Python tests, made when it isn't there. A file
 * names every package that it needs, at its version: nothing is resolved, so nothing changes by itself.
 */
export async function pythonVenv(
  requirements: (typeof REQUIREMENTS)[number] = 'requirements.txt',
): Promise<PythonVenv | NoPython> {
  const path = join(PYTHON_TESTS_DIR, requirements)
  const minors = requirements === 'requirements.txt' ? CLIENTS_MINORS : MLSERVER_MINORS
  const base = await findPython(minors)
  if (base === undefined) {
    return { reason: `no Python 3.${minors[0]} to 3.${minors[1]} with its venv module on the path` }
  }
  const digest = sha256(`${base.version}\n${await readFile(path, 'utf8')}`).slice(0, 16)
  const dir = join(OUTPUT_DIR, 'python', digest)
  const bin = join(dir, 'bin')
  const venv = { python: join(bin, 'python'), bin }
  // written last: an environment without it was left half made
  const complete = join(dir, 'complete')
  if (existsSync(complete)) return venv

  await rm(dir, { recursive: true, force: true })
  try {
    console.log(`making a Python ${base.version} environment of ${requirements}`)
    await run(base.command, ['-m', 'venv', dir])
    await installPackages(venv.python, path)
    await writeFile(complete, '')
    return venv
  } catch (err) {
    await rm(dir, { recursive: true, force: true })
    return {
      reason: `${requirements} can't be installed: ${err instanceof Error ? err.message : String(err)}`,
    }
  }
}

async function findPython(
  minors: readonly [number, number],
): Promise<{ command: string; version: string } | undefined> {
  for (const command of COMMANDS) {
    try {
      // Debian's Python comes without ensurepip, which venv asks for only when it is too late
      const { stdout } = await run(command, [
        '-c',
        'import ensurepip, sys, venv; print("%d.%d.%d" % sys.version_info[:3])',
      ])
      const version = stdout.trim()
      const [major, minor = 0] = version.split('.').map(Number)
      if (major === 3 && minor >= minors[0] && minor <= minors[1]) return { command, version }
    } catch {
      // not installed, or without venv: the next may do
    }
  }
  return undefined
}

async function installPackages(python: string, requirements: string): Promise<void> {
  const child = spawn(
    python,
    [
      '-m',
      'pip',
      'install',
      '--no-deps',
      '--disable-pip-version-check',
      '--progress-bar',
      'off',
      '-r',
      requirements,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: PIP_TIMEOUT_MS, killSignal: 'SIGKILL' },
  )
  const complaints: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (PROGRESS.test(line)) console.log(line.trim().slice(0, 120))
  })
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code === 0) return
  const error = complaints.find((line) => line.startsWith('ERROR'))
  throw new Error(error ?? `pip ended with ${code ?? 'a signal: it took too long'}`)
}
