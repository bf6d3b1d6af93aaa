/** `npm run gen`: writes the router's service bindings into wrangler.toml, one for each edge model folder. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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

/** Brings the file up to date; true when it had to change. */
export function generateServiceBindings(): boolean {
  const path = join(ROOT, 'wrangler.toml')
  const old = readFileSync(path, 'utf8')
  const ids = readModelFolders(MODELS_DIR)
    .filter(({ manifest }) => manifest.placement.includes('edge'))
    .map(({ id }) => id)
  const fresh = withServiceBindings(old, ids)
  if (fresh !== old) writeFileSync(path, fresh)
  return fresh !== old
}

if (import.meta.main) {
  console.log(generateServiceBindings() ? 'wrangler.toml updated' : 'wrangler.toml is up to date')
}
