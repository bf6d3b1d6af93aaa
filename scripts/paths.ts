import { join } from 'node:path'

/** The repository's folders, wherever a script is started from. */
export const ROOT = join(import.meta.dirname, '..')
export const MODELS_DIR = join(ROOT, 'workers', 'models')
export const OUTPUT_DIR = join(ROOT, '.mesh')
export const ARTEFACTS_DIR = join(OUTPUT_DIR, 'models')
