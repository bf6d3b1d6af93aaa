/** `npm run build [-- <model>…]`: makes .mesh/models/<id>/ of every model folder that changed. */
import { BuildError } from './build/build-error.ts'
import { buildModels, type BuiltModel } from './build/build-models.ts'
import { MODELS_DIR, OUTPUT_DIR } from './paths.ts'

const MEGABYTE = 1e6

try {
  const built = await buildModels({
    ids: process.argv.slice(2),
    modelsDir: MODELS_DIR,
    outputDir: OUTPUT_DIR,
    log: (message) => console.log(message),
  })
  for (const model of built) console.log(describe(model))
} catch (err) {
  if (!(err instanceof BuildError)) throw err
  console.error(err.message)
  process.exitCode = 1
}

function describe({ id, receipt, rebuilt, ms }: BuiltModel): string {
  const graphs = Object.values(receipt.graphs).reduce(
    (sum, graph) => sum + graph.optimised.bytes,
    0,
  )
  const what = rebuilt ? `built in ${(ms / 1000).toFixed(1)} s` : 'unchanged'
  return `[${id}] ${what}: graphs ${(graphs / MEGABYTE).toFixed(2)} MB, runtime ${((receipt.runtime?.bytes ?? 0) / MEGABYTE).toFixed(2)} MB`
}
