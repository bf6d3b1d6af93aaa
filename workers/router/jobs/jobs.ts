import type { Job } from './job.ts'
import { probeNodes } from '../probe/probe-nodes.ts'
import { removeDeployments } from '../admin/remove-deployments.ts'
import { rolloutJob } from '../rollout/rollout-job.ts'
import { verifyDue } from '../verify/verify-due.ts'

/** What the cron trigger runs, in this order. */
export const jobs: readonly Job[] = [removeDeployments, probeNodes, verifyDue, rolloutJob]
