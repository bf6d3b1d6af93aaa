import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'

import { readModelFolders } from '../../workers/native/model-folders.ts'
import { MODELS_DIR, OUTPUT_DIR } from '../paths.ts'
import { runClosedLoad } from './closed-load.ts'
import { loadMix } from './load-mix.ts'
import type { LoadNews, LoadTask } from './run-in-thread.ts'
import { runOpenLoad } from './open-load.ts'

/** Does one task of `runInThread`, which starts this file, and tells how it goes. */
const { url, ids, keys, load } = workerData as LoadTask // as: what runInThread gave
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, which this port isn't
const tell = (news: LoadNews) => parentPort?.postMessage(news)

const folders = readModelFolders(MODELS_DIR, ids)
const requests = await loadMix(folders, { keys, cacheDir: join(OUTPUT_DIR, 'cache') })
const result =
  'rate' in load
    ? await runOpenLoad(url, requests, { ...load, onProgress: (soFar) => tell({ soFar }) })
    : await runClosedLoad(url, requests, load)
tell({ result })
