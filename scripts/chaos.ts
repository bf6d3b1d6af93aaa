/**
 * `npm run chaos [-- --online-rate 1.0..0.5] [--seed 1] [--epochs 100]`: how often a mesh answers whose
 * deployments are each up with probability p. Prints a table, draws docs/online-rate.svg, and fails when
 * a request was lost that a deployment could have answered.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { onlineRateChart } from './chaos/online-rate-chart.ts'
import { onlineRates } from './chaos/online-rates.ts'
import { resultTable, shortfalls } from './chaos/result-table.ts'
import { runExperiment } from './chaos/run-experiment.ts'
import { ROOT } from './paths.ts'

const { values } = parseArgs({
  options: {
    'online-rate': { type: 'string', default: '1.0..0.5' },
    seed: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '100' },
  },
})
const results = await runExperiment({
  rates: onlineRates(values['online-rate']),
  seed: Number(values.seed),
  epochs: Number(values.epochs),
  log: (message) => console.error(message),
})
console.log(resultTable(results).join('\n'))
await writeFile(join(ROOT, 'docs', 'online-rate.svg'), onlineRateChart(results))
const missed = shortfalls(results)
for (const sentence of missed) console.error(sentence)
process.exit(missed.length === 0 ? 0 : 1)
