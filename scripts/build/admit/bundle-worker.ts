import { copyFile, mkdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { build, type Plugin } from 'esbuild'

import { ROOT } from '../../paths.ts'

/** A Worker as workerd runs it: modules by name, the first its entry, all in one folder. */
export interface WorkerBundle {
  modules: { name: string; type: 'esModule' | 'wasm' | 'data'; path: string }[]
  bytes: number
}

/** Names in the runtime's glue that only Node resolves; a Worker's wrangler.toml has the same alias. */
const NODE_ONLY = join(ROOT, 'shared', 'no-node-module.ts')
/** What wrangler resolves packages by. */
const CONDITIONS = ['workerd', 'worker', 'browser']

/**
 * Bundles a Worker with esbuild as wrangler does, and writes it to `dir`. Its `#artefacts/<id>/…` are
 * taken from `artefacts.dir`, so that a model is tried before it is put in place.
 *
 * @param alias modules to bundle in the place of others, by specifier
 */
export async function bundleWorker(
  entry: string,
  artefacts: { id: string; dir: string },
  dir: string,
  alias: Readonly<Record<string, string>> = {},
): Promise<WorkerBundle> {
  const binaries = new Map<string, { type: 'wasm' | 'data'; path: string }>()
  await mkdir(dir, { recursive: true })
  const path = join(dir, 'index.js')
  await build({
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: CONDITIONS,
    alias: { module: NODE_ONLY, worker_threads: NODE_ONLY, ...alias },
    logLevel: 'silent',
    plugins: [resolveBinaries(artefacts, binaries)],
  })
  const modules: WorkerBundle['modules'] = [{ name: 'index.js', type: 'esModule', path }]
  let bytes = (await stat(path)).size
  for (const [name, { type, path: from }] of binaries) {
    // workerd embeds only what lies beside its configuration
    const copy = join(dir, name)
    await copyFile(from, copy)
    modules.push({ name, type, path: copy })
    bytes += (await stat(copy)).size
  }
  return { modules, bytes }
}

/** Leaves WebAssembly and graphs out of the JavaScript: modules of their own, as wrangler's rules make them. */
function resolveBinaries(
  { id, dir }: { id: string; dir: string },
  binaries: Map<string, { type: 'wasm' | 'data'; path: string }>,
): Plugin {
  const prefix = `#artefacts/${id}/`
  return {
    name: 'binaries',
    setup(builder) {
      builder.onResolve({ filter: /^#artefacts\/|\.(wasm|image)$/ }, async (args) => {
        if (args.pluginData === 'resolving') return undefined
        const path = args.path.startsWith(prefix)
          ? join(dir, args.path.slice(prefix.length))
          : (
              await builder.resolve(args.path, {
                kind: args.kind,
                resolveDir: args.resolveDir,
                importer: args.importer,
                pluginData: 'resolving',
              })
            ).path
        if (path.endsWith('.json')) return { path }
        const name = `./${binaries.size}-${basename(path)}`
        binaries.set(name.slice(2), { type: path.endsWith('.wasm') ? 'wasm' : 'data', path })
        return { path: name, external: true }
      })
    },
  }
}
