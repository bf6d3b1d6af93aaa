import { join } from 'node:path'

import { readModelFolders } from '../../workers/native/model-folders.ts'
import { MODELS_DIR, OUTPUT_DIR } from '../paths.ts'
import { runClosedLoad } from './closed-load.ts'
import { loadMix } from './load-mix.ts'
import { runOpenLoad } from './open-load.ts'
import type { LoadNews, LoadTask } from './run-in-process.ts'

/** Does the one task that `runInProcess`, which starts this file, sends it, and tells how it goes. */
async function doTask({ url, ids, keys, load }: LoadTask): Promise<void> {
  const folders = readModelFolders(MODELS_DIR, ids)
  const requests = await loadMix(folders, { keys, cacheDir: join(OUTPUT_DIR, 'cache') })
  const result =
    'rate' in load
      ? await runOpenLoad(url, requests, { ...load, onProgress: (soFar) => tell({ soFar }) })
      : await runClosedLoad(url, requests, load)
  tell({ result })
}

function tell(news: LoadNews): void {
  process.send?.(news)
}

process.once('message', (task) => {
  // as: what runInProcess sent
  doTask(task as LoadTask)
    .catch((err: unknown) => tell({ failure: err instanceof Error ? err.message : String(err) }))
    .finally(() => process.disconnect())
})
// also when whoever started it is gone
process.once('disconnect', () => process.exit())
