import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { runPythonFile } from './python-tests.ts'

test('a Python that hangs is killed, and what it had said is told', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'capillary-hanging-'))
  const python = join(bin, 'python')
  try {
    await writeFile(python, '#!/bin/sh\necho waiting for the server\nexec sleep 60\n')
    await chmod(python, 0o755)
    const began = performance.now()
    await expect(runPythonFile({ python, bin }, 'test_x.py', {}, 500)).rejects.toThrow(
      /a signal, after at most 500 ms:\nwaiting for the server/,
    )
    expect(performance.now() - began).toBeLessThan(10_000)
  } finally {
    await rm(bin, { recursive: true, force: true })
  }
})
