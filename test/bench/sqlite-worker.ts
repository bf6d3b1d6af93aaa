/** SQLite in a thread of its own, as D1 is on a machine of its own: answers batches of statements in JSON. */
import { DatabaseSync } from 'node:sqlite'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'

import { ROOT } from '../../scripts/paths.ts'

export interface Statement {
  sql: string
  params: (string | number | null)[]
}

const db = new DatabaseSync(':memory:')
const folder = join(ROOT, 'migrations')
for (const file of readdirSync(folder).toSorted()) {
  if (file.endsWith('.sql')) db.exec(readFileSync(join(folder, file), 'utf8'))
}

parentPort?.on('message', ({ id, statements }: { id: number; statements: Statement[] }) => {
  db.exec('BEGIN')
  const results = statements.map(({ sql, params }) => {
    const statement = db.prepare(sql)
    statement.setReturnArrays(true)
    const columns = statement.columns().map(({ name }) => name)
    // as: arrays were asked for
    return { columns, rows: statement.all(...params) as unknown as unknown[][] }
  })
  db.exec('COMMIT')
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort?.postMessage({ id, text: JSON.stringify(results) })
})
