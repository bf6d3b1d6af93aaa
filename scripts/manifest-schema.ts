/** `npm run gen`: writes shared/manifest.schema.json, by which editors complete and check manifests. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { z } from 'zod'

import { Manifest } from '#shared/manifest.ts'

import { ROOT } from './paths.ts'

/** The manifest's schema as JSON Schema. */
export function manifestSchema(): unknown {
  return z.toJSONSchema(Manifest, { io: 'input', target: 'draft-7' })
}

if (import.meta.main) {
  writeFileSync(
    join(ROOT, 'shared', 'manifest.schema.json'),
    `${JSON.stringify(manifestSchema(), null, 2)}\n`,
  )
}
