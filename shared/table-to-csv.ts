import { MeshError } from './mesh-error.ts'
import type { TableColumns } from './task-inputs.ts'

/** CSV as models read it: cells between commas, without quotes. */
const SPECIAL = /[",\r\n]/

/** A table of columns as CSV with a header line. Throws `invalid_input` that names the column or cell. */
export function tableToCsv(columns: TableColumns, who: string): string {
  const names = Object.keys(columns)
  const lists = Object.values(columns)
  const [first] = lists
  if (first === undefined || first.length === 0) {
    throw new MeshError('invalid_input', `${who} the table has no cells`)
  }
  for (const [i, { length }] of lists.entries()) {
    if (length === first.length) continue
    throw new MeshError(
      'invalid_input',
      `${who} column '${shown(names[i])}' has ${length} cells; '${shown(names[0])}' has ${first.length}`,
    )
  }
  const rows = first.map((_, row) =>
    lists.map((list, i) => plain(list[row], `${who} column '${shown(names[i])}', row ${row}:`)),
  )
  const header = names.map((name) => plain(name, `${who} the column's name`))
  return [header, ...rows].map((cells) => `${cells.join(',')}\n`).join('')
}

function plain(cell: unknown, what: string): string {
  if (typeof cell !== 'string' && !Number.isFinite(cell)) {
    throw new MeshError('invalid_input', `${what} a cell must be a text or a number`)
  }
  const text = String(cell)
  if (!SPECIAL.test(text)) return text
  throw new MeshError(
    'invalid_input',
    `${what} '${shown(text)}' must be without commas, quotes and line breaks`,
  )
}

function shown(text: string | undefined): string {
  return (text ?? '').slice(0, 40)
}
