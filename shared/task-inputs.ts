/** What `inputs` of a task-level body may be. */
import { z } from 'zod'

import { firstIssueSchema } from './first-issue-schema.ts'

/** Texts in one request, at most: as many as OpenAI's API takes. All together stay within the model's own limit. */
export const MAX_BATCH = 2048
/** More than the largest body that a model takes has room for. */
export const MAX_COLUMNS = 1_024
export const MAX_CELLS = 1_000_000

/**
 * A table as Hugging Face writes it: the cells of each column under its name. Its columns are in the order of
 * a JavaScript object: names that are whole numbers come first, by size. Cells are read where they are
 * written as CSV (table-to-csv.ts).
 */
export type TableColumns = Readonly<Record<string, readonly unknown[]>>
export const TableColumns = firstIssueSchema<TableColumns>(findWrongColumns, {
  type: 'object',
  description:
    'The cells of each column under its name. Columns keep their order, save those named by whole numbers: they come first, by size.',
  maxProperties: MAX_COLUMNS,
  additionalProperties: {
    type: 'array',
    items: { anyOf: [{ type: 'string' }, { type: 'number' }] },
  },
})

/** A table, for models that take CSV. */
export const Table = z.strictObject({ data: TableColumns })
export type Table = z.infer<typeof Table>

const TextList = firstIssueSchema<string[]>(findWrongTexts, {
  type: 'array',
  items: { type: 'string' },
  minItems: 1,
  maxItems: MAX_BATCH,
})

/** Text for text models, or a list of texts; base64 for models that take media; a table for those that take CSV. */
export const TaskInputs = z.union([z.string(), TextList, Table], {
  error: ({ input }) => findWrongInputs(input),
})
export type TaskInputs = z.infer<typeof TaskInputs>

function findWrongInputs(inputs: unknown): string | undefined {
  if (Array.isArray(inputs)) return findWrongTexts(inputs)
  const wrongTable =
    isObject(inputs) && 'data' in inputs ? findWrongColumns(inputs.data) : undefined
  return (
    wrongTable ??
    'inputs must be a text or base64, a list of texts, or a table {"data": {column: [cells]}}'
  )
}

function findWrongTexts(texts: unknown): string | undefined {
  if (!Array.isArray(texts)) return 'inputs must be a list of texts'
  if (texts.length < 1 || texts.length > MAX_BATCH) {
    return `inputs has ${texts.length} texts; it may have 1 to ${MAX_BATCH}`
  }
  const wrong = texts.findIndex((text) => typeof text !== 'string')
  return wrong === -1 ? undefined : `inputs[${wrong}] must be a text`
}

function findWrongColumns(columns: unknown): string | undefined {
  if (!isObject(columns)) return 'a table must be an object: {column: [cells]}'
  const entries = Object.entries(columns)
  if (entries.length > MAX_COLUMNS) {
    return `the table has ${entries.length} columns; it may have ${MAX_COLUMNS}`
  }
  let cells = 0
  for (const [name, list] of entries) {
    // who makes an object of what was read would lose it
    if (name === '__proto__') return "no column may be named '__proto__'"
    if (!Array.isArray(list)) return `column '${name.slice(0, 40)}' must be a list of cells`
    cells += list.length
  }
  return cells > MAX_CELLS ? `the table has ${cells} cells; it may have ${MAX_CELLS}` : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
