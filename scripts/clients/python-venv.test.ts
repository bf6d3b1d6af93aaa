import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { OUTPUT_DIR } from '../paths.ts'
import { pythonVenv } from './python-venv.ts'

let path: string

/** A `python3` that says its version, makes an environment, and has `pip` do as the script says. */
async function installPython(version: string, pip: string): Promise<void> {
  const python = join(path, 'python3')
  await writeFile(
    python,
    `#!/bin/sh
case "$2" in
  venv) /bin/mkdir -p "$3/bin" && /bin/cp "$0" "$3/bin/python" ;;
  pip) ${pip} ;;
  *) echo ${version} ;;
esac`,
  )
  await chmod(python, 0o755)
}

const environments = () => readdir(join(OUTPUT_DIR, 'python')).catch(() => [])

describe('a Python environment', () => {
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'capillary-python-'))
    vi.stubEnv('PATH', path)
    vi.spyOn(console, 'log').mockImplementation(() => {})
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
    await rm(path, { recursive: true, force: true })
  })

  test('is not had without Python, in words', async () => {
    expect(await pythonVenv()).toEqual({
      reason: 'no Python 3.11 to 3.13 with its venv module on the path',
    })
  })

  test('is not had of a Python that the packages refuse', async () => {
    await installPython('3.10.4', 'exit 0')
    expect(await pythonVenv()).toEqual({ reason: expect.stringContaining('3.11 to 3.13') })
    await installPython('3.13.0', 'exit 0')
    expect(await pythonVenv('requirements-mlserver.txt')).toEqual({
      reason: expect.stringContaining('3.11 to 3.12'),
    })
  })

  test('is not had of a Python without its venv module', async () => {
    await writeFile(join(path, 'python3'), '#!/bin/sh\nexit 1')
    await chmod(join(path, 'python3'), 0o755)
    expect(await pythonVenv()).toEqual({ reason: expect.stringContaining('venv module') })
  })

  test('is thrown away when its packages cannot be installed, with what pip said', async () => {
    const before = await environments()
    await installPython('3.12.99', 'echo "ERROR: no registry answers" >&2; exit 1')
    expect(await pythonVenv()).toEqual({
      reason: "requirements.txt can't be installed: ERROR: no registry answers",
    })
    expect(await environments()).toEqual(before)
  })

  test('is made anew when it was left half made, and kept once it is whole', async () => {
    await installPython('3.12.98', 'echo run >> "$0.log"')
    const made = await pythonVenv()
    if ('reason' in made) throw new Error(made.reason)
    try {
      await rm(join(made.bin, '..', 'complete'))
      await writeFile(join(made.bin, 'half-made'), '')
      expect(await pythonVenv()).toEqual(made)
      expect(await readdir(made.bin)).toEqual(['python', 'python.log'])
      await installPython('3.12.98', 'exit 1')
      expect(await pythonVenv()).toEqual(made)
    } finally {
      await rm(join(made.bin, '..'), { recursive: true, force: true })
    }
  })
})
