import { expect, test } from 'vitest'

import { createIsolateState } from '../isolate-state.ts'
import type { Job, JobContext } from './job.ts'
import { runJobs } from './run-jobs.ts'

// as: none of these jobs reads the registry
const context = { env: {}, state: createIsolateState(), scheduledAt: 0 } as JobContext

test('a job that fails stops none of those after it', async () => {
  const ran: string[] = []
  const failing: Job = { name: 'failing', run: () => Promise.reject(new Error('no')) }
  const noting: Job = {
    name: 'noting',
    run: async () => {
      ran.push('noting')
    },
  }
  await runJobs([failing, noting], context)
  expect(ran).toEqual(['noting'])
})
