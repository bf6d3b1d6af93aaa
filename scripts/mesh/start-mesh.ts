import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Placement } from '#shared/manifest.ts'
import { takesText } from '#shared/text-type.ts'

import type { VerificationMode } from '../../workers/router/verify/card-policy.ts'
import { readModelFolders, type ModelFolder } from '../../workers/native/model-folders.ts'
import { findReceipt } from '../build/receipt.ts'
import { ARTEFACTS_DIR, MODELS_DIR, OUTPUT_DIR, ROOT } from '../paths.ts'
import { bindingName } from '../service-bindings.ts'
import { AdminClient, type DeploymentRequest } from './admin-client.ts'
import { exampleFiles } from './example-files.ts'
import { giveWay } from './give-way.ts'
import { migrate } from './migrate.ts'
import { runNativeNode, type RunningNode } from './run-native-node.ts'
import { runWorker, type RunningWorker } from './run-worker.ts'
import { loadSecrets, saveSecrets, type Secrets } from './secrets.ts'

export interface MeshOptions {
  /** 0 picks a free one. */
  port: number
  /** Where secrets and D1 are kept. */
  outputDir: string
  /** Models to start; all when empty. */
  ids?: readonly string[]
  /** Whether models must pass their examples: they must unless a test wants traffic to go to one that doesn't. */
  verification?: VerificationMode
  /** The router's wrangler configuration, when it is another than that of the repository. */
  routerConfig?: string
  log(message: string): void
}

export interface Mesh {
  url: string
  admin: AdminClient
  secrets: Secrets & { inferKey: string }
  folders: readonly ModelFolder[]
  router: RunningWorker
  /** By model id. */
  models: ReadonlyMap<string, RunningWorker>
  native: RunningNode
  stop(): Promise<void>
}

/** Starts router, model Workers and native node from built artefacts, each in its own process, and registers them. */
export async function startMesh(options: MeshOptions): Promise<Mesh> {
  const { outputDir, log } = options
  const folders = readModelFolders(MODELS_DIR, options.ids)
  const stateDir = join(outputDir, 'state')
  // of this mesh alone: entries of one that was killed must not be found
  const registryDir = join(outputDir, 'workers')
  await rm(registryDir, { recursive: true, force: true })

  const secrets = await loadSecrets(outputDir)
  log('migrating the registry')
  await migrate(stateDir)

  const running: { stop(): Promise<void> }[] = []
  const stop = async () => {
    await Promise.all(running.splice(0).map((process) => process.stop()))
  }
  try {
    log('starting the native node')
    const native = await runNativeNode({
      ROUTER_PUBLIC_KEY: secrets.publicKey,
      MODELS: folders.map(({ id }) => id).join(','),
    })
    running.push(native)

    const models = new Map<string, RunningWorker>()
    for (const { id, path, manifest } of folders.filter(isEdge)) {
      log(`starting ${id}`)
      const worker = await runWorker({
        configPath: join(path, 'wrangler.toml'),
        port: 0,
        readyPath: '/v2/health/live',
        registryDir,
      })
      running.push(worker)
      // a text needs no decoding; one that waited for somebody's photo would be late for no work of its own
      if (!takesText(manifest)) giveWay(worker.pid)
      models.set(id, worker)
    }

    log('starting the router')
    const router = await runWorker({
      configPath: options.routerConfig ?? join(ROOT, 'wrangler.toml'),
      port: options.port,
      readyPath: '/health',
      registryDir,
      stateDir,
      vars: {
        ADMIN_KEY: secrets.adminKey,
        SIGNING_KEY: secrets.signingKey,
        CARD_SIGNING_KEY: secrets.cardSigningKey,
        VERIFICATION: options.verification ?? 'required',
        ENVIRONMENT: 'development',
      },
    })
    running.push(router)

    log('registering')
    const admin = new AdminClient(router.url, secrets.adminKey)
    await register(admin, folders, native, options)
    const inferKey = await ensureInferKey(router.url, admin, secrets, outputDir)
    return {
      url: router.url,
      admin,
      secrets: { ...secrets, inferKey },
      folders,
      router,
      models,
      native,
      stop,
    }
  } catch (err) {
    await stop()
    throw err
  }
}

function isEdge({ manifest }: ModelFolder): boolean {
  return manifest.placement.includes('edge')
}

/** Models at once: while the examples of one run, another is registered. */
const REGISTERED_AT_ONCE = 3

/** Registers what runs now, whose examples are run, and removes what an earlier start left of models that are gone. */
async function register(
  admin: AdminClient,
  folders: readonly ModelFolder[],
  native: RunningNode,
  options: MeshOptions,
): Promise<void> {
  const wanted = new Set<string>()
  const waiting = [...folders]
  const work = async () => {
    for (let folder = waiting.shift(); folder; folder = waiting.shift()) {
      await putModel(admin, folder)
      for (const deployment of deploymentsOf(folder, native)) {
        wanted.add(await putDeployment(admin, deployment, options))
      }
    }
  }
  await Promise.all(Array.from({ length: REGISTERED_AT_ONCE }, work))
  const { deployments } = await admin.deployments()
  for (const { id, node, modelId } of deployments) {
    const ours = node === 'native' || node === `mesh-${modelId}`
    if (ours && !wanted.has(id)) await admin.deleteDeployment(id)
  }
}

async function putModel(admin: AdminClient, folder: ModelFolder): Promise<void> {
  const receipt = await findReceipt(ARTEFACTS_DIR, folder.id)
  const graphs = Object.entries(receipt?.graphs ?? {})
  await admin.putModel(
    folder.manifest,
    Object.fromEntries(graphs.map(([name, graph]) => [`${name}.onnx`, graph.optimised.sha256])),
  )
  for (const [sha256, bytes] of await exampleFiles(folder, join(OUTPUT_DIR, 'cache'))) {
    await admin.putExampleFile(folder.manifest, sha256, new Uint8Array(bytes))
  }
}

function deploymentsOf(
  { id, manifest: { version, placement } }: ModelFolder,
  native: RunningNode,
): DeploymentRequest[] {
  const places: Record<Placement, Omit<DeploymentRequest, 'model' | 'version' | 'placement'>> = {
    edge: { node: `mesh-${id}`, transport: 'binding', target: bindingName(id) },
    native: { node: 'native', transport: 'http', target: native.url },
  }
  return Array.from(placement, (own) => ({ model: id, version, placement: own, ...places[own] }))
}

/** Its id, once it is known whether it does what its card says as it is built now. */
async function putDeployment(
  admin: AdminClient,
  deployment: DeploymentRequest,
  { verification: mode = 'required', log }: MeshOptions,
): Promise<string> {
  const since = Date.now()
  const { id, verification: known } = await admin.putDeployment(deployment)
  if (mode === 'off') return id
  // one that has passed isn't asked again, and may have been of another build
  const isOld = known.state === 'passed' && (known.checkedAt ?? 0) < since
  const { state, detail, note } = isOld ? await admin.verify(id) : known
  if (state !== 'passed') log(`${id} is ${state}: ${detail ?? note}`)
  return id
}

async function ensureInferKey(
  url: string,
  admin: AdminClient,
  secrets: Secrets,
  outputDir: string,
): Promise<string> {
  if (secrets.inferKey !== undefined) {
    const response = await fetch(`${url}/capabilities`, {
      headers: { authorization: `Bearer ${secrets.inferKey}` },
      signal: AbortSignal.timeout(10_000),
    })
    if (response.ok) return secrets.inferKey
  }
  const { key } = await admin.createKey('local', ['infer'])
  await saveSecrets(outputDir, { ...secrets, inferKey: key })
  return key
}
