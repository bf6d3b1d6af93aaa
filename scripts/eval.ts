/** `npm run eval [-- <model>…] [--quick] [--json]`: scores models on real data and prints a table. */
import { parseArgs } from 'node:util'

import { evaluate } from './eval/evaluate.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const report = await evaluate({
  ids: positionals,
  quick: values.quick,
  log: (message) => console.error(message),
})
if (values.json) console.log(JSON.stringify(report, null, 2))
else {
  for (const { model, metric, value, n, on } of report.scores) {
    console.log(
      `${model.padEnd(16)} ${metric.padEnd(22)} ${value.toFixed(4)}  n=${String(n).padEnd(6)} ${on}`,
    )
  }
}
for (const { model, reason } of report.unscored) console.error(`${model} was not scored: ${reason}`)
if (report.unscored.length > 0) process.exitCode = 1
