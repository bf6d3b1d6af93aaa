import { log } from '#shared/log.ts'

import type { Job, JobContext } from './job.ts'

/** Runs them one after another, so that they don't share the trigger's memory; one that fails stops no other. */
export async function runJobs(jobs: readonly Job[], context: JobContext): Promise<void> {
  for (const job of jobs) {
    try {
      await job.run(context)
    } catch (err) {
      log.error('job_failed', {
        job: job.name,
        message: err instanceof Error ? err.message : String(err),
      })
    }
  }
}
