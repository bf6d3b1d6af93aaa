import { parseManifest } from '#shared/manifest.ts'

import manifestJson from '../../workers/models/language-id/manifest.json' with { type: 'json' }
import type { ThreadedD1 } from './threaded-d1.ts'

/** What the registry holds: so many deployments, spread evenly over versions of the models of so many capabilities. */
export interface RegistrySize {
  deployments: number
  capabilities: number
  versions: number
}

/** Rows of one statement. */
const BATCH = 10_000

/** Fills the tables of an empty registry. */
export async function fillRegistry(
  { binding }: ThreadedD1,
  { deployments, capabilities, versions }: RegistrySize,
): Promise<void> {
  const manifest = parseManifest(manifestJson, 'bench')
  const models = Array.from({ length: capabilities * versions }, (_, i) => ({
    id: `model-${i % capabilities}`,
    version: String(1 + Math.floor(i / capabilities)),
    capability: `text-classification/domain-${i % capabilities}`,
  }))
  const fill = (statement: string, rows: readonly object[]) =>
    binding.prepare(statement).bind(JSON.stringify(rows)).run()
  await fill(
    `INSERT OR IGNORE INTO capabilities SELECT value ->> 'capability', 'text-classification', 0 FROM json_each(?)`,
    models,
  )
  await fill(
    `INSERT OR IGNORE INTO models SELECT value ->> 'id', 'Bench', value ->> 'capability', 0 FROM json_each(?)`,
    models,
  )
  await fill(
    `INSERT INTO model_versions SELECT value ->> 'id', value ->> 'version', value, '{}', 'MIT', 0 FROM json_each(?)`,
    models.map((own) => Object.assign(structuredClone(manifest), own)),
  )
  const placed = Array.from({ length: deployments }, (_, i) => {
    const { id, version } = models[i % models.length] ?? { id: '', version: '' }
    return {
      id,
      version,
      node: `node-${i}`,
      placement: i % 3 === 0 ? 'native' : 'edge',
      weight: 1 + (i % 5),
    }
  })
  for (let from = 0; from < placed.length; from += BATCH) {
    await fill(
      `INSERT INTO deployments (id, model_id, version, node, placement, transport, target, weight, state, updated_at)
       SELECT concat(value ->> 'id', '@', value ->> 'version', '/', value ->> 'node'), value ->> 'id', value ->> 'version', value ->> 'node',
         value ->> 'placement', 'http', 'https://' || (value ->> 'node') || '.example.org', value ->> 'weight', 'ready', 0
       FROM json_each(?)`,
      placed.slice(from, from + BATCH),
    )
  }
}
