/** The clients that are written in Python, each test of which is one here. Their files are in python/. */
import { globSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

import {
  collectPythonTests,
  runPythonFile,
  type PythonOutcome,
} from '../../scripts/clients/python-tests.ts'
import { PYTHON_TESTS_DIR, pythonVenv } from '../../scripts/clients/python-venv.ts'
import { runNativeNode, type RunningNode } from '../../scripts/mesh/run-native-node.ts'
import { startEchoMesh, type EchoMesh } from '../fixtures/echo-model/start-echo-mesh.ts'

/** Of one file: importing the larger clients takes seconds. */
const FILE_TIMEOUT_MS = 300_000

const mesh = inject('mesh')
const venv = await pythonVenv()

if ('reason' in venv) {
  test('the Python clients', (context) => context.skip(venv.reason))
} else {
  const files = Map.groupBy(await collectPythonTests(venv), ({ id }) => id.split('::')[0] ?? id)
  let node: RunningNode
  let echo: EchoMesh
  let env: Record<string, string>

  beforeAll(async () => {
    // without the router's key it answers a client that calls it straight
    node = await runNativeNode({})
    echo = await startEchoMesh()
    env = {
      CAPILLARY_URL: mesh.url,
      CAPILLARY_KEY: mesh.inferKey,
      CAPILLARY_ADMIN_KEY: mesh.adminKey,
      CAPILLARY_NATIVE_URL: node.url,
      CAPILLARY_ECHO_URL: echo.url,
      CAPILLARY_ECHO_KEY: echo.inferKey,
      CAPILLARY_ECHO_NATIVE_URL: echo.nativeUrl,
      CAPILLARY_ECHO_EDGE_URL: echo.workerUrls['echo-model'] ?? '',
      CAPILLARY_ECHO_BF16_URL: echo.workerUrls['echo-bf16'] ?? '',
    }
  })
  afterAll(async () => {
    await node.stop()
    await echo.stop()
  })

  test('every Python file has tests', () => {
    expect(globSync('test_*.py', { cwd: PYTHON_TESTS_DIR }).toSorted()).toEqual(
      Array.from(files.keys()).toSorted(),
    )
  })

  describe.each(Array.from(files))('%s', (file, tests) => {
    let outcomes: ReadonlyMap<string, PythonOutcome>
    beforeAll(async () => {
      outcomes = await runPythonFile(venv, file, env)
    }, FILE_TIMEOUT_MS)

    // a loop, since vitest cuts titles that it fills in
    for (const { id, title } of tests) {
      test(title, (context) => {
        const outcome = outcomes.get(id)
        expect(outcome, `pytest said nothing of ${id}`).toBeDefined()
        if (outcome?.outcome === 'skipped') context.skip(outcome.reason)
        // the traceback is Python's own
        if (outcome?.outcome === 'failed') expect.fail(outcome.reason)
      })
    }
  })
}
