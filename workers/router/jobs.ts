import type { Job } from './job.ts'
import { verifyDue } from './verify/verify-due.ts'

/** What the cron trigger runs, in this order. */
export const jobs: readonly Job[] = [verifyDue]
