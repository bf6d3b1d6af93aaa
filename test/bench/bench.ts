/**
 * `npm run bench`: the figures of docs/benchmarks.md, measured and written there. All Workers run in
 * one workerd, as they share a machine on Cloudflare; A and B alternate within a run.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import autocannon from 'autocannon'
import { createTestHarness, type TestHarness } from 'wrangler'

import { buildModels } from '../../scripts/build/build-models.ts'
import { AdminClient } from '../../scripts/mesh/admin-client.ts'
import { exampleInput } from '../../scripts/mesh/example-input.ts'
import { runNativeNode, type RunningNode } from '../../scripts/mesh/run-native-node.ts'
import { loadSecrets } from '../../scripts/mesh/secrets.ts'
import { MODELS_DIR, OUTPUT_DIR, ROOT } from '../../scripts/paths.ts'
import { bindingName } from '../../scripts/service-bindings.ts'
import { readModelFolders, type ModelFolder } from '../../workers/native/model-folders.ts'
import { nodeClient } from '../node-client.ts'
import { machineLine, writeSection } from './benchmarks-page.ts'
import { quantile, timeAlternating } from './timing.ts'

const ROUNDS = 1_000
const INFERENCES = 40
const CONNECTIONS = [1, 8, 32]
const SECONDS = 8
const REFERENCE = 'language-id'
const TEXT = 'Ceci est une phrase écrite en français.'
/** What the router keeps of earlier answers would be measured otherwise, and no node. */
const UNKEPT = { 'cache-control': 'no-store' }

process.env.WRANGLER_LOG ??= 'error'
await buildModels({ modelsDir: MODELS_DIR, outputDir: OUTPUT_DIR, log: console.log })
const outputDir = join(OUTPUT_DIR, 'bench')
await rm(outputDir, { recursive: true, force: true })
const secrets = await loadSecrets(outputDir)
const folders = readModelFolders(MODELS_DIR)
const edge = folders.filter(({ manifest }) => manifest.placement.includes('edge'))

const harness = createTestHarness({
  root: ROOT,
  workers: [
    {
      configPath: join(ROOT, 'wrangler.toml'),
      vars: {
        ADMIN_KEY: secrets.adminKey,
        SIGNING_KEY: secrets.signingKey,
        VERIFICATION: 'off',
        ENVIRONMENT: 'development',
      },
    },
    ...edge.map(({ path }) => ({ configPath: join(path, 'wrangler.toml') })),
  ],
})
const native = await runNativeNode({ ROUTER_PUBLIC_KEY: secrets.publicKey })
try {
  const { url } = await harness.listen()
  await harness.getWorker().applyD1Migrations('DB')
  const key = await register(url.origin)
  const lines = [
    machineLine('npm run bench'),
    '',
    ...(await routerLatency(key)),
    ...(await throughput(url.origin, key)),
    ...(await inference(harness, native)),
  ]
  const text = lines.join('\n')
  await writeSection('bench', text)
  console.log(text)
} finally {
  await native.stop()
  await harness.close()
}
process.exit()

async function register(origin: string): Promise<string> {
  const admin = new AdminClient(origin, secrets.adminKey)
  for (const { id, manifest } of edge) {
    await admin.putModel(manifest, {})
    await admin.putDeployment({
      model: id,
      version: manifest.version,
      node: `mesh-${id}`,
      placement: 'edge',
      transport: 'binding',
      target: bindingName(id),
    })
  }
  return (await admin.createKey('bench', ['infer'])).key
}

async function routerLatency(key: string): Promise<string[]> {
  const model = harness.getWorker(`mesh-${REFERENCE}`)
  const send = async (post: typeof harness.fetch, path: string) => {
    const response = await post(`http://bench${path}`, {
      method: 'POST',
      headers: { ...UNKEPT, authorization: `Bearer ${key}`, 'content-type': 'text/plain' },
      body: TEXT,
    })
    await response.text()
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}`)
  }
  const [direct = [], routed = []] = await timeAlternating(ROUNDS, [
    () => send(model.fetch, `/models/${REFERENCE}`),
    () => send(harness.getWorker().fetch, '/infer/text-classification/language'),
  ])
  const row = (name: string, q: number) => {
    const [a, b] = [quantile(direct, q), quantile(routed, q)]
    return `| ${name} | ${a.toFixed(2)} | ${b.toFixed(2)} | **${(b - a).toFixed(2)}** |`
  }
  return [
    '## What the router adds',
    '',
    `${ROUNDS} calls each of ${REFERENCE}, alternating, over the same connection to one workerd; ms. Reach: p50 ≤ 1.5.`,
    '',
    '| | model Worker | through the router | added |',
    '| --- | ---: | ---: | ---: |',
    row('p50', 0.5),
    row('p99', 0.99),
    '',
  ]
}

async function throughput(origin: string, key: string): Promise<string[]> {
  const rows: string[] = []
  for (const connections of CONNECTIONS) {
    const result = await autocannon({
      url: `${origin}/infer/text-classification/language`,
      method: 'POST',
      headers: { ...UNKEPT, authorization: `Bearer ${key}`, 'content-type': 'text/plain' },
      body: TEXT,
      connections,
      duration: SECONDS,
    })
    rows.push(
      `| ${connections} | ${result.requests.average.toFixed(0)} | ${result.latency.p50} | ${result.latency.p99} | ${result.non2xx} |`,
    )
  }
  return [
    '## Requests a second',
    '',
    `${REFERENCE} through the router, autocannon on the same machine, ${SECONDS} s each. One workerd has one busy thread, which the client's process competes with for two cores.`,
    '',
    '| connections | requests/s | p50 ms | p99 ms | refused |',
    '| ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
  ]
}

async function inference(workers: TestHarness, node: RunningNode): Promise<string[]> {
  const nativeClient = nodeClient('native', node.url, secrets.signingKey)
  const rows: string[] = []
  for (const folder of folders) {
    const [example] = folder.manifest.examples
    if (!example) continue
    const { bytes, mediaType } = await exampleInput(example, folder, join(OUTPUT_DIR, 'cache'))
    const calls = [
      async () => {
        const response = await nativeClient.post(`/models/${folder.id}`, bytes, {
          'content-type': mediaType,
        })
        await response.text()
      },
      ...(isEdge(folder)
        ? [
            async () => {
              const response = await workers
                .getWorker(`mesh-${folder.id}`)
                .fetch(`http://bench/models/${folder.id}`, {
                  method: 'POST',
                  headers: { 'content-type': mediaType },
                  body: bytes,
                })
              await response.text()
            },
          ]
        : []),
    ]
    const [nativeTimes = [], edgeTimes = []] = await timeAlternating(INFERENCES, calls)
    const [a, b] = [
      quantile(nativeTimes, 0.5),
      edgeTimes.length > 0 ? quantile(edgeTimes, 0.5) : undefined,
    ]
    rows.push(
      `| ${folder.id} | ${example.name} | ${b === undefined ? '–' : b.toFixed(1)} | ${a.toFixed(1)} | ${b === undefined ? '–' : (b / a).toFixed(2)} |`,
    )
  }
  return [
    '## One call of each model',
    '',
    `Median of ${INFERENCES}, task level with its HTTP hop, first golden example, after warm-up; ms. The native node also verifies a signature; it runs one thread a call.`,
    '',
    '| model | input | workerd | native | ratio |',
    '| --- | --- | ---: | ---: | ---: |',
    ...rows,
    '',
  ]
}

function isEdge({ manifest }: ModelFolder): boolean {
  return manifest.placement.includes('edge')
}
