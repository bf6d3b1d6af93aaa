import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'

import { ROOT } from '../../scripts/paths.ts'

const PAGE = join(ROOT, 'docs', 'benchmarks.md')

/** When and on what a section was measured. */
export function machineLine(command: string): string {
  return (
    `\`${command}\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ` +
    `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}. Read ratios, not milliseconds: the machine is shared and noisy.`
  )
}

/** Replaces what a bench wrote into docs/benchmarks.md; the sections of the others stay. */
export async function writeSection(name: string, text: string): Promise<void> {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const page = await readFile(PAGE, 'utf8')
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  const section = `${begin}\n\n${text.trim()}\n\n${end}`
  const next =
    from === -1 || to === -1
      ? `${page.trimEnd()}\n\n${section}\n`
      : page.slice(0, from) + section + page.slice(to + end.length)
  await writeFile(PAGE, next)
}
