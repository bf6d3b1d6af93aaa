import type { ExecutionContext, ScheduledController } from '@cloudflare/workers-types'

import { createRouter } from './create-router.ts'
import type { RouterBindings } from './env.ts'
import { createIsolateState } from './isolate-state.ts'
import { jobs } from './jobs/jobs.ts'
import { runJobs } from './jobs/run-jobs.ts'

const state = createIsolateState()
const router = createRouter(state)

export default {
  fetch: router.fetch,
  scheduled(
    { scheduledTime }: ScheduledController,
    env: RouterBindings,
    context: ExecutionContext,
  ): void {
    context.waitUntil(runJobs(jobs, { env, state, scheduledAt: scheduledTime }))
  },
}
