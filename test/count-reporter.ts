import { appendFile } from 'node:fs/promises'

import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends a run with what was skipped and why, and a line that a machine can read: `N passed, N failed`.
 * A caller of several runs names a file in TEST_COUNTS, which gets the line instead, and sums up itself.
 */
export default class CountReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): Promise<void> {
    let passed = 0
    let failed = errors.length
    const skipped: string[] = []
    for (const module of modules) {
      if (!module.ok() && module.children.size === 0) failed++
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') passed++
        else if (result.state === 'failed') failed++
        else if (result.state === 'skipped') {
          skipped.push(
            result.note === undefined ? test.fullName : `${test.fullName}: ${result.note}`,
          )
        }
      }
    }
    for (const line of skipped) console.log(`skipped: ${line}`)
    const counts = `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
    const file = process.env.TEST_COUNTS
    if (file === undefined) console.log(`\n${counts}`)
    else await appendFile(file, `${counts}\n`)
  }
}
