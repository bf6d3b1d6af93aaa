import { fork } from 'node:child_process'
import { join } from 'node:path'

import type { ClosedLoadOptions } from './closed-load.ts'
import type { OpenLoadOptions, Progress } from './open-load.ts'
import type { LoadResult } from './tally.ts'

/** What crosses to the process. */
export interface LoadTask {
  url: string
  /** Of the models whose examples are asked. */
  ids: readonly string[]
  /** They take turns. */
  keys: readonly string[]
  load: ClosedLoadOptions | Omit<OpenLoadOptions, 'onProgress'>
}

/** What comes back from it. */
export type LoadNews = { soFar: Progress } | { result: LoadResult } | { failure: string }

/**
 * Sends one load from a process of its own. Whoever starts the mesh has what bundled its Workers in its heap, hundreds
 * of MB, and collecting that takes both cores of a small machine from what is measured for a tenth of a second.
 */
export async function runInProcess(
  task: LoadTask,
  onProgress: (soFar: Progress) => void = () => {},
): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, 'load-process.ts'), { serialization: 'advanced' })
  try {
    return await new Promise((resolve, reject) => {
      child.on('message', (message) => {
        const news = message as LoadNews // as: what load-process tells
        if ('soFar' in news) onProgress(news.soFar)
        else if ('result' in news) resolve(news.result)
        else reject(new Error(news.failure))
      })
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`the load ended without a result, by ${code}`)))
      child.send(task)
    })
  } finally {
    child.kill()
  }
}
