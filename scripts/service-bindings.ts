/** `npm run gen [-- --check]`: writes the router's service bindings into wrangler.toml, one for each edge model folder. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { readModelFolders } from '../workers/native/model-folders.ts'
import { MODELS_DIR, ROOT } from './paths.ts'

const BEGIN = '# generated: service bindings'
const END = '# end of generated'

/** The binding a model's Worker has in the router. */
export function bindingName(modelId: string): string {
  return modelId.toUpperCase().replaceAll('-', '_')
}

/** wrangler.toml with the generated block as the model folders ask for it. */
export function withServiceBindings(toml: string, modelIds: readonly string[]): string {
  const from = toml.indexOf(BEGIN)
  const to = toml.indexOf(END)
  if (from === -1 || to < from)
    throw new Error(`wrangler.toml lacks the lines '${BEGIN}' and '${END}'`)
  const blocks = modelIds.map(
    (id) =>
      `[[services]]\nbinding = "${bindingName(id)}"\nservice = "mesh-${id}"\nprops = { caller = "router" }\n`,
  )
  return `${toml.slice(0, from)}${BEGIN}\n${blocks.join('\n')}${toml.slice(to)}`
}

/** Brings the file up to date, unless it is only to `check`; true when it is not what the folders ask for. */
export function generateServiceBindings({ check = false } = {}): boolean {
  const path = join(ROOT, 'wrangler.toml')
  const old = readFileSync(path, 'utf8')
  const ids = readModelFolders(MODELS_DIR)
    .filter(({ manifest }) => manifest.placement.includes('edge'))
    .map(({ id }) => id)
  const fresh = withServiceBindings(old, ids)
  if (fresh !== old && !check) writeFileSync(path, fresh)
  return fresh !== old
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  const stale = generateServiceBindings(values)
  if (stale && values.check) {
    console.error('wrangler.toml is not what workers/models/ asks for: npm run gen')
    process.exitCode = 1
  } else {
    console.log(stale ? 'wrangler.toml updated' : 'wrangler.toml is up to date')
  }
}
