/** The migration itself, in SQLite as Node has it: what was registered before is found after it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { expect, test } from 'vitest'

import { modelEntry } from '../registry/registry-fixture.ts'

const MIGRATIONS = join(import.meta.dirname, '..', '..', '..', 'migrations')
const migrations = readdirSync(MIGRATIONS)
  .filter((name) => name.endsWith('.sql'))
  .toSorted()
  .map((name) => ({ name, sql: readFileSync(join(MIGRATIONS, name), 'utf8') }))

function add(database: DatabaseSync, id: string, labels?: string[]): void {
  const capability = `text-classification/${id}`
  const { manifest } = modelEntry({ id, capability, ...(labels ? { labels } : {}) })
  database
    .prepare('insert into capabilities values (?, ?, 0) on conflict do nothing')
    .run(capability, 'text-classification')
  database.prepare('insert into models values (?, ?, ?, 0)').run(id, manifest.title, capability)
  database
    .prepare("insert into model_versions values (?, '1', ?, '{}', 'MIT', 0)")
    .run(id, JSON.stringify(manifest))
}

function find(database: DatabaseSync, words: string): unknown[] {
  const found = database
    .prepare('select model_id from model_search where model_search match ? order by model_id')
    .all(words)
  return found.map(({ model_id }) => model_id)
}

test('what was registered before the index is found by it, like what comes after', () => {
  const database = new DatabaseSync(':memory:')
  const [index = -1] = migrations.flatMap(({ name }, i) =>
    name.endsWith('_search.sql') ? [i] : [],
  )
  for (const { sql } of migrations.slice(0, index)) database.exec(sql)
  add(database, 'early', ['baritone'])
  for (const { sql } of migrations.slice(index)) database.exec(sql)
  add(database, 'late', ['baritones', 'bass'])
  expect(find(database, 'baritone')).toEqual(['early', 'late'])
  expect(find(database, 'tone sentence')).toEqual(['early', 'late'])
  expect(find(database, 'classification early')).toEqual(['early'])
  expect(find(database, 'two')).toEqual(['early', 'late']) // the name of an example

  database.exec("delete from model_versions where model_id = 'early'")
  expect(find(database, 'baritone')).toEqual(['late'])
})

test('a change that is undone leaves nothing in the index', () => {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of migrations) database.exec(sql)
  database.exec('begin')
  add(database, 'undone')
  expect(find(database, 'undone')).toEqual(['undone'])
  database.exec('rollback')
  expect(find(database, 'undone')).toEqual([])
})

test('a model without labels is found by its other words', () => {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of migrations) database.exec(sql)
  add(database, 'plain')
  expect(find(database, 'tone')).toEqual(['plain'])
})
