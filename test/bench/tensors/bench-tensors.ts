/**
 * `npm run bench:tensors`: what tensors cost as JSON and as binary, through router and node and in the
 * code alone; written to docs/benchmarks.md. All that is compared takes turns within a run.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { createTestHarness } from 'wrangler'

import { AdminClient } from '../../../scripts/mesh/admin-client.ts'
import { loadSecrets } from '../../../scripts/mesh/secrets.ts'
import { OUTPUT_DIR, ROOT } from '../../../scripts/paths.ts'
import { bindingName } from '../../../scripts/service-bindings.ts'
import { echoFolders, startEchoNodes } from '../../fixtures/echo-model/start-echo-nodes.ts'
import { machineLine, writeSection } from '../benchmarks-page.ts'
import { callCosts } from './call-costs.ts'
import { codeCosts } from './code-costs.ts'

process.env.WRANGLER_LOG ??= 'error'
const outputDir = join(OUTPUT_DIR, 'bench')
await rm(outputDir, { recursive: true, force: true })
const secrets = await loadSecrets(outputDir)
const echo = echoFolders.find(({ id }) => id === 'echo-image')
if (!echo) throw new Error('the fixture has echo-image')
const nodes = await startEchoNodes()
const worker = `mesh-${echo.id}`
const harness = createTestHarness({
  root: ROOT,
  workers: [
    {
      // wrangler.toml's own, with one model Worker instead of those that must be built
      config: {
        name: 'capillary',
        main: 'workers/router/index.ts',
        compatibility_date: '2026-07-15',
        d1_databases: [
          {
            binding: 'DB',
            database_name: 'registry',
            database_id: '00000000-0000-0000-0000-000000000000',
            migrations_dir: 'migrations',
          },
        ],
        services: [{ binding: bindingName(echo.id), service: worker, props: { caller: 'router' } }],
        vars: {
          ADMIN_KEY: secrets.adminKey,
          SIGNING_KEY: secrets.signingKey,
          VERIFICATION: 'off',
          ENVIRONMENT: 'development',
        },
      },
    },
    { configPath: join(echo.path, 'wrangler.toml') },
  ],
})
try {
  const { url } = await harness.listen()
  await harness.getWorker().applyD1Migrations('DB')
  const { id, manifest } = echo
  const admin = new AdminClient(url.origin, secrets.adminKey)
  await admin.putModel(manifest, {})
  const deployment = { model: id, version: manifest.version }
  await admin.putDeployment({
    ...deployment,
    node: 'native',
    placement: 'native',
    transport: 'http',
    target: nodes.nativeUrl,
  })
  await admin.putDeployment({
    ...deployment,
    node: worker,
    placement: 'edge',
    transport: 'binding',
    target: bindingName(id),
  })
  const { key } = await admin.createKey('bench', ['infer'])
  const infer = `/v2/models/${id}/infer`
  const routed = (placement: string) => ({
    url: `${url.origin}${infer}`,
    headers: { authorization: `Bearer ${key}`, 'mesh-placement': placement },
  })
  const text = [
    '## Tensors as JSON and as binary',
    '',
    machineLine('npm run bench:tensors'),
    ...(await callCosts([
      { name: 'native node', url: `${nodes.nativeUrl}${infer}`, headers: {} },
      { name: 'router, to that node by signed HTTP', ...routed('native') },
      { name: 'router, to a model Worker by its binding', ...routed('edge') },
    ])),
    ...(await codeCosts()),
  ].join('\n')
  await writeSection('bench:tensors', text)
  console.log(text)
} finally {
  await nodes.stop()
  await harness.close()
}
process.exit()
