import { buildModels } from '../scripts/build/build-models.ts'
import { MODELS_DIR, OUTPUT_DIR } from '../scripts/paths.ts'

/** Tests run real models: builds what changed before the first of them. */
export default async function buildArtefacts(): Promise<void> {
  await buildModels({
    modelsDir: MODELS_DIR,
    outputDir: OUTPUT_DIR,
    log: (message) => console.log(message),
  })
}
