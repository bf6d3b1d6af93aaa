import type { Report, Result } from './run-conformance.ts'

const MARK: Readonly<Record<Result['outcome'], string>> = {
  passed: 'ok',
  failed: 'FAILED',
  skipped: '-',
}

/** The report as a table for a terminal, with a line that sums it up at the end. */
export function formatReport({ model, results }: Report): string {
  const rows = results.map(({ group, level, outcome, title, why }) => [
    MARK[outcome],
    level,
    group,
    why === undefined ? title : `${title}: ${why}`,
  ])
  const table = [['', 'level', 'group', `the server, by its model ${model}`], ...rows]
  const widths = [0, 1, 2].map((i) => Math.max(...table.map((row) => row[i]?.length ?? 0)))
  const lines = table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const count = (outcome: Result['outcome']) =>
    results.filter((result) => result.outcome === outcome).length
  return [
    ...lines,
    '',
    `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`,
  ].join('\n')
}
