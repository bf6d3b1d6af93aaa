/** The conformance kit on each kind of server here, and on one that does everything wrong. */
import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

import { formatReport } from '../scripts/conformance/format-report.ts'
import { runConformance, type Report } from '../scripts/conformance/run-conformance.ts'
import { AdminClient } from '../scripts/mesh/admin-client.ts'
import { ROOT } from '../scripts/paths.ts'
import {
  echoFolders,
  startEchoNodes,
  type EchoNodes,
} from './fixtures/echo-model/start-echo-nodes.ts'

const mesh = inject('mesh')
const admin = new AdminClient(mesh.url, mesh.adminKey)
const ECHO = 'echo-model'
const run = promisify(execFile)

let echo: EchoNodes

beforeAll(async () => {
  echo = await startEchoNodes()
  for (const { id, manifest } of echoFolders) {
    const target = echo.workerUrls[id] ?? ''
    const place = { model: id, version: manifest.version, transport: 'http' } as const
    await admin.putModel(manifest, {})
    await admin.putDeployment({ ...place, node: `mesh-${id}`, placement: 'edge', target })
  }
})
afterAll(async () => {
  for (const { id } of echoFolders) await admin.deleteModel(id)
  await echo.stop()
})

const failuresOf = ({ results }: Report) => results.filter(({ outcome }) => outcome === 'failed')
const passesOf = ({ results }: Report) => results.filter(({ outcome }) => outcome === 'passed')

describe('passes the conformance kit:', () => {
  test.each([
    ['the router, by a model of every datatype', () => ({ url: mesh.url, model: ECHO })],
    ['the router, by a picture', () => ({ url: mesh.url, model: 'echo-image' })],
    ['the router, by BF16', () => ({ url: mesh.url, model: 'echo-bf16' })],
    ['the router, by a model behind a binding', () => ({ url: mesh.url, model: 'language-id' })],
    ['a model Worker', () => ({ url: echo.workerUrls[ECHO] ?? '' })],
    ['a model Worker of a picture', () => ({ url: `${echo.workerUrls['echo-image']}/v2/` })],
    ['the native node', () => ({ url: echo.nativeUrl, model: ECHO })],
    ['the native node, by a picture', () => ({ url: echo.nativeUrl, model: 'echo-image' })],
  ])('%s', async (_, server) => {
    const report = await runConformance({ ...server(), key: mesh.inferKey })
    expect(failuresOf(report)).toEqual([])
    expect(passesOf(report).length).toBeGreaterThan(40)
  })
})

describe('the kit', () => {
  let wrong: Server
  let url: string

  beforeAll(async () => {
    // says that it can do everything, and answers 200 with the same to whatever it is asked
    wrong = createServer((_, response) => {
      const tensor = { name: 'x', datatype: 'FP32', shape: [-1, 2] }
      const said = {
        name: 'wrong',
        versions: ['1'],
        platform: 'none',
        models: ['wrong'],
        model_name: 'wrong',
        inputs: [tensor],
        outputs: [{ ...tensor, shape: [1, 2], data: [1, 2] }],
        extensions: ['binary_tensor_data', 'classification', 'model_repository', 'statistics'],
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said))
    })
    await new Promise<void>((resolve) => wrong.listen(0, '127.0.0.1', resolve))
    const { port } = wrong.address() as AddressInfo // as: it listens on a port
    url = `http://127.0.0.1:${port}`
  })
  afterAll(() => wrong.close())

  test('says of each thing that a server does wrong what was expected and what came', async () => {
    const report = await runConformance({ url })
    const failed = failuresOf(report)
    expect(failed.length).toBeGreaterThan(20)
    for (const { why } of failed) expect(why).toMatch(/expected|not the protocol's|✖/)
    expect(failed.map(({ title }) => title)).toEqual(
      expect.arrayContaining([
        'gives back the id of the request',
        'answers binary tensors when asked for all',
        'refuses an unknown datatype',
        'refuses what is no JSON',
        'lists the model in its index',
        'counts an inference of the model',
      ]),
    )
  })

  test('skips what is not announced, and ends with a line that sums up', async () => {
    const report = await runConformance({ url })
    const parameters = report.results.filter(({ level }) => level === 'parameters')
    expect(parameters.map(({ outcome, why }) => [outcome, why])).toEqual([
      ['skipped', 'parameters is not announced'],
      ['skipped', 'parameters is not announced'],
    ])
    expect(formatReport(report)).toMatch(/\n\d+ passed, \d+ failed, \d+ skipped$/)
  })

  test('ends a command with what CI needs: 0, 1 where something fails, 2 without an address', async () => {
    const script = join(ROOT, 'scripts', 'conformance.ts')
    const exitOf = (...args: string[]) =>
      run(process.execPath, [script, ...args]).then(
        () => 0,
        (err: { code?: number }) => err.code,
      )
    expect(await exitOf(echo.nativeUrl, '--model', 'echo-image')).toBe(0)
    expect(await exitOf(url)).toBe(1)
    expect(await exitOf('http://127.0.0.1:9')).toBe(1)
    expect(await exitOf()).toBe(2)
  })

  test('fails where there is no server, or no such model', async () => {
    await expect(runConformance({ url: 'http://127.0.0.1:9' })).rejects.toThrow('had no answer')
    const model = 'no-such-model'
    await expect(runConformance({ url: echo.nativeUrl, model })).rejects.toThrow('came 404')
  })
})
