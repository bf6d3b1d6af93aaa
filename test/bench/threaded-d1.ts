import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import type { D1Database } from '@cloudflare/workers-types'

import type { Statement } from './sqlite-worker.ts'

interface Result {
  columns: string[]
  rows: unknown[][]
}

/** As much of D1 as drizzle uses, over SQLite in another thread: like there, the caller's thread has the answer's JSON to parse. */
export class ThreadedD1 {
  readonly #worker = new Worker(join(import.meta.dirname, 'sqlite-worker.ts'))
  readonly #waiting = new Map<number, (text: string) => void>()
  #sent = 0

  constructor() {
    this.#worker.on('message', ({ id, text }: { id: number; text: string }) => {
      this.#waiting.get(id)?.(text)
      this.#waiting.delete(id)
    })
  }

  /** The binding that a Worker would have. */
  get binding(): D1Database {
    const prepare = (sql: string, params: Statement['params'] = []): object => ({
      sql,
      params,
      bind: (...values: Statement['params']) => prepare(sql, values),
      raw: async () => (await this.#send([{ sql, params }]))[0]?.rows ?? [],
      all: async () => objects((await this.#send([{ sql, params }]))[0]),
      run: async () => objects((await this.#send([{ sql, params }]))[0]),
    })
    const batch = async (statements: Statement[]) =>
      (await this.#send(statements.map(({ sql, params }) => ({ sql, params })))).map(objects)
    // as: drizzle calls no more than these
    return { prepare, batch } as unknown as D1Database
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  async #send(statements: Statement[]): Promise<Result[]> {
    const id = ++this.#sent
    const text = await new Promise<string>((resolve) => {
      this.#waiting.set(id, resolve)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
      this.#worker.postMessage({ id, statements })
    })
    return JSON.parse(text) as Result[] // as: that is what the worker sends
  }
}

function objects({ columns, rows }: Result = { columns: [], rows: [] }) {
  return {
    success: true,
    results: rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]]))),
  }
}
