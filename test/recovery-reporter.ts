import type { Reporter, TestModule } from 'vitest/node'

import type { Recovery } from './faults/recovery.ts'

/** Ends a run with what each fault cost, where tests have measured it (test/faults/recovery.ts). */
export default class RecoveryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules
      .flatMap((module) => Array.from(module.children.allTests()))
      .flatMap((test) => {
        const { recovery } = test.meta()
        return recovery ? [rowOf(test.fullName, recovery)] : []
      })
    if (rows.length === 0) return
    console.log(
      '\n| fault | requests | lost | slowest ms | avoided after ms | used again after ms |',
    )
    console.log('| --- | ---: | ---: | ---: | ---: | ---: |')
    for (const row of rows) console.log(row)
  }
}

function rowOf(
  name: string,
  { requests, lost, slowestMs, avoidedAfterMs, usedAgainAfterMs }: Recovery,
): string {
  const again = usedAgainAfterMs === undefined ? '–' : Math.round(usedAgainAfterMs)
  return `| ${name} | ${requests} | ${lost} | ${Math.round(slowestMs)} | ${Math.round(avoidedAfterMs)} | ${again} |`
}
