import type { Job } from './job.ts'
import { rolloutJob } from './rollout/rollout-job.ts'

/** What the cron trigger runs, in this order. */
export const jobs: readonly Job[] = [rolloutJob]
