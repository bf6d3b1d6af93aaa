import { join } from 'node:path'

import { expect, test } from 'vitest'

import { inModelProcess } from '../scripts/build/model-process.ts'
import { modelStages, processRequest } from '../scripts/build/model-stages.ts'
import { findReceipt } from '../scripts/build/receipt.ts'
import { PUBLISHED_RUNTIME, runtimeForms } from '../scripts/build/runtime-forms.ts'
import { ARTEFACTS_DIR, MODELS_DIR, OUTPUT_DIR } from '../scripts/paths.ts'
import { readModelFolders } from '../workers/native/model-folders.ts'

const kept = { cacheDir: join(OUTPUT_DIR, 'cache'), log: () => {} }
const context = { ...kept, modelsDir: MODELS_DIR, forms: runtimeForms(kept), cut: true }
const atEdge = readModelFolders(MODELS_DIR).filter(({ manifest }) =>
  manifest.placement.includes('edge'),
)

test.each(atEdge.map((folder) => [folder.id, folder] as const))(
  '%s answers its examples from its image on its cut runtime bit for bit as the graph on the whole one',
  async (id, folder) => {
    const request = {
      ...(await processRequest(modelStages(folder, context), context)),
      published: PUBLISHED_RUNTIME,
      artefactsDir: join(ARTEFACTS_DIR, id),
    }
    const { different, parity } = await inModelProcess('compare', request, context.log)
    expect(different).toBeUndefined()
    const receipt = await findReceipt(ARTEFACTS_DIR, id)
    expect(receipt?.parity).toEqual(parity)
    expect(receipt?.runtime?.cut?.models).toContain(id)
    expect(receipt?.verdict.placement).toBe('edge')
  },
  120_000,
)
