/**
 * `npm run deploy -- --all | <model>… | router [--dry-run]`: each Worker by its own wrangler.toml, so
 * that one deploys without touching another. A dry run needs no account.
 */
import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'

import { readModelFolders } from '../workers/native/model-folders.ts'
import { EDGE_LIMITS } from './build/admit/limits.ts'
import { BuildError } from './build/build-error.ts'
import { buildModels } from './build/build-models.ts'
import { mapAtOnce } from './build/map-at-once.ts'
import { MODELS_DIR, OUTPUT_DIR, ROOT } from './paths.ts'
import { generateServiceBindings } from './service-bindings.ts'

const run = promisify(execFile)

const MEGABYTE = 1024 * 1024
/** wrangler bundles on one core, and waits for the network where it uploads. */
const AT_ONCE = 2

interface Target {
  name: string
  config: string
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  })
  const targets = chooseTargets(values.all, positionals)
  await buildModels({
    ids: targets.map(({ name }) => name).filter((name) => name !== 'router'),
    modelsDir: MODELS_DIR,
    outputDir: OUTPUT_DIR,
    log: (message) => console.log(message),
  })
  const router = targets.filter(({ name }) => name === 'router')
  const models = targets.filter((target) => !router.includes(target))
  if (router.length > 0) generateServiceBindings()
  const fit: boolean[] = []
  // models first: a service binding needs its Worker to exist
  for (const group of [models, router]) {
    fit.push(...(await mapAtOnce(AT_ONCE, group, (target) => deploy(target, values['dry-run']))))
  }
  process.exitCode = fit.every(Boolean) ? 0 : 1
} catch (err) {
  const expected = err instanceof BuildError || (err instanceof Error && err.constructor === Error)
  console.error(expected ? err.message : err)
  process.exitCode = 1
}

function chooseTargets(all: boolean, names: readonly string[]): Target[] {
  const models = readModelFolders(MODELS_DIR)
    .filter(({ manifest }) => manifest.placement.includes('edge'))
    .map(({ id, path }) => ({ name: id, config: join(path, 'wrangler.toml') }))
  const known = [...models, { name: 'router', config: join(ROOT, 'wrangler.toml') }]
  if (all) return known
  const unknown = names.filter((name) => !known.some((target) => target.name === name))
  if (names.length === 0 || unknown.length > 0) {
    const problem = names.length === 0 ? 'name what to deploy' : `there is no ${unknown.join(', ')}`
    throw new Error(`${problem}: --all, or any of ${known.map(({ name }) => name).join(', ')}`)
  }
  return known.filter(({ name }) => names.includes(name))
}

/** Bundles to measure; uploads unless it is a dry run. False when the Worker breaks a limit. */
async function deploy({ name, config }: Target, dryRun: boolean): Promise<boolean> {
  const dir = await mkdtemp(join(tmpdir(), 'capillary-deploy-'))
  try {
    await wrangler(['deploy', '--dry-run', '--outdir', dir, '--config', config])
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .filter((file) => !file.endsWith('.map') && !file.endsWith('.md'))
      .map((file) => ({ file, bytes: statSync(join(dir, file)).size }))
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
    // memory and CPU were held against their limits by the build, which lets no other model through
    const fits = total <= EDGE_LIMITS.workerBytes
    console.log(
      `${name.padEnd(20)} ${megabytes(total)} of ${megabytes(EDGE_LIMITS.workerBytes)} MB   ${fits ? 'fits' : 'TOO LARGE'}`,
    )
    if (!fits || dryRun) return fits
    console.log(await wrangler(['deploy', '--config', config]))
    return true
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function wrangler(args: readonly string[]): Promise<string> {
  const bin = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false' }
  try {
    return (
      await run(process.execPath, [bin, ...args], { cwd: ROOT, env, maxBuffer: 16 * 1024 * 1024 })
    ).stdout
  } catch (err) {
    throw new Error(`wrangler ${args.slice(0, 2).join(' ')} failed for ${args.at(-1)}`, {
      cause: err,
    })
  }
}

function megabytes(bytes: number): string {
  return (bytes / MEGABYTE).toFixed(1).padStart(5)
}
