/** `npm run conformance -- <url> [--key <key>] [--model <name>]`: checks any server of the Open Inference Protocol v2. */
import { parseArgs } from 'node:util'

import { Failed } from './conformance/check.ts'
import { formatReport } from './conformance/format-report.ts'
import { runConformance } from './conformance/run-conformance.ts'

const { values, positionals } = parseArgs({
  options: { key: { type: 'string' }, model: { type: 'string' } },
  allowPositionals: true,
})
const [url] = positionals
if (url === undefined || !URL.canParse(url)) {
  console.error('usage: npm run conformance -- <url> [--key <key>] [--model <name>]')
  process.exit(2)
}
try {
  const report = await runConformance({ url, ...values })
  console.log(formatReport(report))
  process.exitCode = report.results.some(({ outcome }) => outcome === 'failed') ? 1 : 0
} catch (err) {
  if (!(err instanceof Failed)) throw err
  console.error(err.message)
  process.exitCode = 1
}
