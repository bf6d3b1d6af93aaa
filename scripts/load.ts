/**
 * `npm run load [-- --minutes 10] [--overload-seconds 60] [--capability <id>]… [--json] [--write]`: the whole mesh
 * on this machine under load. Looks for its saturation, keeps it at 80 % of that, then sends three times as much. Prints
 * tables, with --write also into docs/benchmarks.md, and fails when an answer was lost or another reach was missed.
 */
import { parseArgs } from 'node:util'

import { machineLine, writeSection } from '../test/bench/benchmarks-page.ts'
import { loadReaches } from './load/load-reaches.ts'
import { loadReport } from './load/load-report.ts'
import { positiveNumber } from './load/positive-number.ts'
import { runLoad } from './load/run-load.ts'

/** Text, tables and pictures: models whose inferences take from a fraction of a millisecond to many. */
const MIX = [
  'text-classification/language',
  'text-classification/programming-language',
  'tabular-classification/sensor-anomaly',
  'object-detection/face',
]

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    'overload-seconds': { type: 'string', default: '60' },
    capability: { type: 'string', multiple: true, default: MIX },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const run = await runLoad({
  capabilities: values.capability,
  steadySeconds: positiveNumber('--minutes', values.minutes) * 60,
  overloadSeconds: positiveNumber('--overload-seconds', values['overload-seconds']),
  log: (message) => console.error(message),
})
const reaches = loadReaches(run)
const report = loadReport(run, reaches).join('\n')
console.log(values.json ? JSON.stringify({ ...run, reaches }) : report)
if (values.write) {
  const command = machineLine(
    `npm run load -- --minutes ${values.minutes} --overload-seconds ${values['overload-seconds']}`,
  )
  const limiter =
    'The router is without its rate limiter ([decision 0013](decisions/0013-what-a-request-leaves-behind.md)).'
  await writeSection('load', `## Load\n\n${command} ${limiter}\n\n${report}`)
}
process.exit(reaches.every(({ isMet }) => isMet) ? 0 : 1)
