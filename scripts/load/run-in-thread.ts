import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import type { ClosedLoadOptions } from './closed-load.ts'
import type { OpenLoadOptions, Progress } from './open-load.ts'
import type { LoadResult } from './tally.ts'

/** What crosses to the thread. */
export interface LoadTask {
  url: string
  /** Of the models whose examples are asked. */
  ids: readonly string[]
  /** They take turns. */
  keys: readonly string[]
  load: ClosedLoadOptions | Omit<OpenLoadOptions, 'onProgress'>
}

/** What comes back from it. */
export type LoadNews = { soFar: Progress } | { result: LoadResult }

/**
 * Sends one load from a thread of its own. Whoever starts the mesh has what bundled its Workers in its heap, hundreds
 * of MB, and collecting that takes both cores of a small machine from what is measured for a tenth of a second.
 */
export async function runInThread(
  task: LoadTask,
  onProgress: (soFar: Progress) => void = () => {},
): Promise<LoadResult> {
  const thread = new Worker(join(import.meta.dirname, 'load-thread.ts'), { workerData: task })
  try {
    return await new Promise((resolve, reject) => {
      thread.on('message', (news: LoadNews) => {
        if ('soFar' in news) onProgress(news.soFar)
        else resolve(news.result)
      })
      thread.once('error', reject)
      thread.once('exit', () => reject(new Error('the load ended without a result')))
    })
  } finally {
    await thread.terminate()
  }
}
