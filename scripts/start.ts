/** `npm start [-- --port N]`: the whole mesh on this machine, from build to a checked endpoint, until Ctrl-C. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { BuildError } from './build/build-error.ts'
import { buildModels } from './build/build-models.ts'
import { writeAtomically } from './build/write-atomically.ts'
import { curlExample } from './mesh/curl-examples.ts'
import { runExamples, type ExampleResult } from './mesh/run-examples.ts'
import { requireFreePort } from './mesh/run-worker.ts'
import { startMesh, type Mesh } from './mesh/start-mesh.ts'
import { MODELS_DIR, OUTPUT_DIR } from './paths.ts'
import { generateServiceBindings } from './service-bindings.ts'

const DEFAULT_PORT = 8787
/** As wrangler.toml has it. */
const CRON_MS = 60_000

const started = performance.now()
const log = (message: string) =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${message}`)

try {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: String(DEFAULT_PORT) } },
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`--port is '${values.port}'; it must be a whole number from 1 to 65535`)
  }
  await requireFreePort(port)
  await serveMesh(port)
} catch (err) {
  // what a person can mend is told in a sentence; a bug keeps its stack
  const expected = err instanceof BuildError || (err instanceof Error && err.constructor === Error)
  console.error(
    expected
      ? `\n${err.message}${err.cause instanceof Error ? `\n  ${err.cause.message}` : ''}`
      : err,
  )
  process.exit(1)
}

async function serveMesh(port: number): Promise<void> {
  log('building what changed')
  for (const { id, rebuilt, ms } of await buildModels({
    modelsDir: MODELS_DIR,
    outputDir: OUTPUT_DIR,
    log,
  })) {
    if (rebuilt) log(`[${id}] built in ${(ms / 1000).toFixed(1)} s`)
  }
  if (generateServiceBindings()) log('wrangler.toml: service bindings updated')

  const mesh = await startMesh({ port, outputDir: OUTPUT_DIR, log })
  const stop = async () => {
    console.log('\nstopping')
    await mesh.stop()
    process.exit(0)
  }
  process.once('SIGINT', () => void stop())
  process.once('SIGTERM', () => void stop())

  log('running every golden example through the endpoint')
  const results: ExampleResult[] = []
  for (const folder of mesh.folders) {
    results.push(
      ...(await runExamples(folder, {
        url: mesh.url,
        key: mesh.secrets.inferKey,
        cacheDir: join(OUTPUT_DIR, 'cache'),
      })),
    )
  }
  await writeAtomically(join(OUTPUT_DIR, 'dev.json'), JSON.stringify(devFacts(mesh), null, 2))
  printTable(results)
  await printUsage(mesh)
  log(`ready: ${mesh.url}   Ctrl-C stops everything`)
  setInterval(() => void fireCron(mesh), CRON_MS)
}

async function fireCron({ router }: Mesh): Promise<void> {
  try {
    await router.fireCron()
  } catch (err) {
    console.error('the cron trigger failed:', err)
  }
}

function devFacts({ url, secrets, router, models, native }: Mesh): unknown {
  return {
    url,
    adminKey: secrets.adminKey,
    inferKey: secrets.inferKey,
    nodes: [
      { id: 'router', kind: 'router', url: router.url, pid: router.pid },
      ...Array.from(models, ([id, worker]) => ({
        id: `mesh-${id}`,
        kind: 'edge',
        url: worker.url,
        pid: worker.pid,
      })),
      { id: 'native', kind: 'native', url: native.url, pid: native.pid },
    ],
  }
}

function printTable(results: readonly ExampleResult[]): void {
  const rows = results.map(({ capability, model, example, node, problem, ms }) => [
    capability,
    model,
    example,
    node,
    problem === undefined ? 'ok' : `FAILED: ${problem}`,
    ms.toFixed(1),
  ])
  const header = ['capability', 'model', 'example', 'node', 'result', 'ms']
  const widths = header.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (i === 4 ? 6 : (row[i] ?? '').length))),
  )
  console.log()
  for (const row of [header, ...rows]) {
    console.log(
      row.map((cell, i) => (i === 5 ? cell.padStart(8) : cell.padEnd(widths[i] ?? 0))).join('  '),
    )
  }
}

async function printUsage(mesh: Mesh): Promise<void> {
  console.log(
    `\nendpoint   ${mesh.url}   docs ${mesh.url}/docs\ninfer key  ${mesh.secrets.inferKey}\nadmin key  ${mesh.secrets.adminKey}\n`,
  )
  for (const folder of mesh.folders) {
    const curl = await curlExample(folder, {
      url: mesh.url,
      key: mesh.secrets.inferKey,
      outputDir: OUTPUT_DIR,
      folders: mesh.folders,
    })
    if (curl) console.log(`${curl}\n`)
  }
}
