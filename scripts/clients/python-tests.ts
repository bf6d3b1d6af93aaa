/** The Python tests beside conftest.py, which writes what it finds and what came of it as lines of JSON. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { z } from 'zod'

import { PYTHON_TESTS_DIR, type PythonVenv } from './python-venv.ts'

const Collected = z.object({ event: z.literal('collected'), id: z.string(), title: z.string() })
const Ran = z.object({
  event: z.literal('ran'),
  id: z.string(),
  outcome: z.enum(['passed', 'failed', 'skipped']),
  /** The traceback of one that failed, why one was skipped. */
  reason: z.string(),
})
const Line = z.discriminatedUnion('event', [Collected, Ran])
type Line = z.infer<typeof Line>

/** A test as pytest names it, e.g. `test_openai.py::test_models[router]`. */
export type PythonTest = Omit<z.infer<typeof Collected>, 'event'>
export type PythonOutcome = Omit<z.infer<typeof Ran>, 'event' | 'id'>

/** What pytest ends with when it finds no test. */
const NO_TESTS = 5

/** A file whose client hangs is killed before the test that waits for it gives up. */
const TIMEOUT_MS = 280_000

/** Every test of the folder. Throws what pytest says when a file can't be imported. */
export async function collectPythonTests(venv: PythonVenv): Promise<PythonTest[]> {
  const { code, output, lines } = await runPytest(venv, ['--collect-only', '-q'], {}, TIMEOUT_MS)
  if (code !== 0 && code !== NO_TESTS) throw new Error(`pytest can't collect its tests:\n${output}`)
  return lines.flatMap((line) => (line.event === 'collected' ? [line] : []))
}

/** Runs one file in one process: outcomes by the test's id. Throws when pytest itself breaks. */
export async function runPythonFile(
  venv: PythonVenv,
  file: string,
  env: Readonly<Record<string, string>>,
  timeoutMs = TIMEOUT_MS,
): Promise<ReadonlyMap<string, PythonOutcome>> {
  const { code, output, lines } = await runPytest(venv, ['-q', file], env, timeoutMs)
  // 1 is: some tests failed, which their outcomes say
  if (code !== 0 && code !== 1) {
    const end = code ?? `a signal, after at most ${timeoutMs} ms`
    throw new Error(`pytest ended with ${end}:\n${output}`)
  }
  const outcomes = new Map<string, PythonOutcome>()
  for (const line of lines) {
    // the first word stands: a test that failed may be torn down well
    if (line.event === 'ran' && outcomes.get(line.id)?.outcome !== 'failed') {
      outcomes.set(line.id, line)
    }
  }
  return outcomes
}

async function runPytest(
  venv: PythonVenv,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<{ code: number | null; output: string; lines: Line[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'capillary-pytest-'))
  const report = join(dir, 'report.jsonl')
  try {
    const child = spawn(
      venv.python,
      ['-m', 'pytest', '-p', 'no:cacheprovider', '--color=no', '--tb=short', ...args],
      {
        cwd: PYTHON_TESTS_DIR,
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env, CAPILLARY_REPORT: report },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      },
    )
    const chunks: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    }
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      // not `close`: what a killed test has left behind may hold its pipes open
      child.once('exit', resolve)
    })
    const text = await readFile(report, 'utf8').catch(() => '')
    const lines = text.split('\n').filter(Boolean)
    return {
      code,
      output: Buffer.concat(chunks).toString('utf8'),
      lines: lines.map((line) => Line.parse(JSON.parse(line))),
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
