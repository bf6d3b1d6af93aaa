import type { RouterBindings } from '../env.ts'
import type { IsolateState } from '../isolate-state.ts'

export interface JobContext {
  env: RouterBindings
  state: IsolateState
  /** When the cron trigger meant it to run, in ms since the epoch. */
  scheduledAt: number
}

/** Work that no request asks for: each cron trigger runs it, so it decides itself whether there is any to do. */
export interface Job {
  /** How the log names it. */
  name: string
  run(context: JobContext): Promise<void>
}
