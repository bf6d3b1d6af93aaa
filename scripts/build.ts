/**
 * `npm run build [-- <model>…] [--no-cut]`: makes .mesh/models/<id>/ of every model folder that changed.
 * `npm run build -- --explain <model>…`: also prints what the receipt says, for a person.
 */
import { parseArgs } from 'node:util'

import { BuildError } from './build/build-error.ts'
import { buildModels, type BuiltModel } from './build/build-models.ts'
import { explainReceipt } from './build/explain-receipt.ts'
import { MODELS_DIR, OUTPUT_DIR } from './paths.ts'

const MEGABYTE = 1e6

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'no-cut': { type: 'boolean', default: false },
      explain: { type: 'boolean', default: false },
    },
  })
  const built = await buildModels({
    ids: positionals,
    modelsDir: MODELS_DIR,
    outputDir: OUTPUT_DIR,
    cut: !values['no-cut'],
    log: (message) => console.log(message),
  })
  for (const model of built)
    console.log(values.explain ? explainReceipt(model.receipt) : describe(model))
} catch (err) {
  // an unknown flag is a TypeError of parseArgs; an unknown model or a wrong manifest a plain Error
  if (!(err instanceof Error)) throw err
  console.error(err instanceof BuildError || !err.cause ? err.message : err)
  process.exitCode = 1
}

function describe({ id, receipt, rebuilt, ms }: BuiltModel): string {
  const graphs = Object.values(receipt.graphs).reduce(
    (sum, graph) => sum + graph.optimised.bytes,
    0,
  )
  const what = rebuilt ? `built in ${(ms / 1000).toFixed(1)} s` : 'unchanged'
  const { runtime } = receipt
  const size = runtime
    ? `, runtime ${(runtime.bytes / MEGABYTE).toFixed(2)} of ${(runtime.published.bytes / MEGABYTE).toFixed(2)} MB`
    : ', native only'
  return `[${id}] ${what}: graphs ${(graphs / MEGABYTE).toFixed(2)} MB${size}`
}
