import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { readModelFolders, type ModelFolder } from '../../workers/native/model-folders.ts'
import { admitToEdge, EDGE_RUNTIME_PATH } from './admit.ts'
import { buildKey, toolVersions } from './build-key.ts'
import { sha256 } from './digest.ts'
import { makeGraphs } from './make-graphs.ts'
import { optimise } from './optimise.ts'
import { findReceipt, type Receipt } from './receipt.ts'
import { replaceFolder } from './write-atomically.ts'

export interface BuildOptions {
  /** Models to build; all when empty. */
  ids?: readonly string[]
  modelsDir: string
  /** `.mesh`: cache and artefacts. */
  outputDir: string
  log(message: string): void
}

export interface BuiltModel {
  id: string
  receipt: Receipt
  /** False when nothing had changed. */
  rebuilt: boolean
  ms: number
}

/** Builds what changed: fetch, verify, convert, optimise, admit. Throws BuildError with what to do. */
export async function buildModels(options: BuildOptions): Promise<BuiltModel[]> {
  const built: BuiltModel[] = []
  for (const folder of readModelFolders(options.modelsDir, options.ids)) {
    built.push(await buildModel(folder, options))
  }
  return built
}

async function buildModel(folder: ModelFolder, options: BuildOptions): Promise<BuiltModel> {
  const started = performance.now()
  const artefactsDir = join(options.outputDir, 'models')
  const key = buildKey(folder)
  const known = await findReceipt(artefactsDir, folder.id)
  if (known?.key === key) {
    return { id: folder.id, receipt: known, rebuilt: false, ms: performance.now() - started }
  }
  const fresh = join(artefactsDir, `.${folder.id}.${randomUUID()}`)
  await mkdir(fresh, { recursive: true })
  try {
    const receipt = await makeArtefacts(folder, fresh, key, options)
    await replaceFolder(fresh, join(artefactsDir, folder.id))
    return { id: folder.id, receipt, rebuilt: true, ms: performance.now() - started }
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function makeArtefacts(
  { id, path, manifest }: ModelFolder,
  dir: string,
  key: string,
  options: BuildOptions,
): Promise<Receipt> {
  const log = (message: string) => options.log(`[${id}] ${message}`)
  const {
    graphs,
    assets = {},
    report,
  } = await makeGraphs(manifest.source, {
    modelId: id,
    modelDir: path,
    cacheDir: join(options.outputDir, 'cache'),
    log,
  })

  const receipt: Receipt = {
    model: id,
    version: manifest.version,
    key,
    graphs: {},
    assets: {},
    tools: toolVersions(),
    ...(report ? { report } : {}),
  }
  for (const [name, graph] of Object.entries(graphs)) {
    log(`optimising ${name}`)
    const optimised = await optimise(graph, name, manifest)
    if (manifest.placement.includes('edge')) await admitToEdge(optimised, name, id)
    await writeFile(join(dir, `${name}.ort`), optimised)
    receipt.graphs[name] = { source: digest(graph), optimised: digest(optimised) }
  }
  for (const [name, bytes] of Object.entries(assets)) {
    await writeFile(join(dir, name), bytes)
    receipt.assets[name] = digest(bytes)
  }
  if (manifest.placement.includes('edge')) {
    await copyFile(EDGE_RUNTIME_PATH, join(dir, 'ort.wasm'))
    receipt.runtime = digest(await readFile(EDGE_RUNTIME_PATH))
  }
  await writeFile(join(dir, 'receipt.json'), `${JSON.stringify(receipt, null, 2)}\n`)
  return receipt
}

function digest(bytes: Uint8Array): { sha256: string; bytes: number } {
  return { sha256: sha256(bytes), bytes: bytes.byteLength }
}
