import { AsyncLocalStorage } from 'node:async_hooks'

import type { Admit } from '#shared/admission.ts'
import type { InferenceRuntime, InferenceSession } from '#shared/inference.ts'

/** A list of texts is as many pieces of work as it has texts; so many are told apart. */
const MAX_PHASES = 64

/** A part of a request's work; times in ms since the epoch. */
export interface Phase {
  name: 'queue' | 'encode' | 'run' | 'decode'
  startedAt: number
  endedAt: number
  /** Of `run`: how often a graph ran in it. */
  runs?: number
}

/** One piece of work while it lasts: when its graphs first and last ran. */
interface Work {
  begun: number
  firstRun: number | undefined
  lastRun: number
  runs: number
}

interface RequestWork {
  phases: Phase[]
  current: Work | undefined
}

const requests = new AsyncLocalStorage<RequestWork>()

/** Does what a request asks for, and collects the phases of it as they end. */
export function logWork<T>(phases: Phase[], work: () => Promise<T>): Promise<T> {
  return requests.run({ phases, current: undefined }, work)
}

/** The same admission, which tells how long work waited, what it did before its graphs first ran, and after they last did. */
export function logAdmission(admit: Admit): Admit {
  return async function admitAndLog(work, expiresAt) {
    const request = requests.getStore()
    if (!request) return admit(work, expiresAt)
    const asked = now()
    return admit(async () => {
      const begun = now()
      const current: Work = { begun, firstRun: undefined, lastRun: begun, runs: 0 }
      request.current = current
      try {
        return await work()
      } finally {
        tell(request.phases, asked, current)
      }
    }, expiresAt)
  }
}

/** The same runtime, whose runs are told. */
export function logRuns(runtime: InferenceRuntime): InferenceRuntime {
  return {
    name: runtime.name,
    createSession: async (graph) => logSession(await runtime.createSession(graph)),
  }
}

function logSession(session: InferenceSession): InferenceSession {
  return {
    async run(inputs) {
      const current = requests.getStore()?.current
      if (!current) return session.run(inputs)
      current.firstRun ??= now()
      current.runs++
      try {
        return await session.run(inputs)
      } finally {
        current.lastRun = now()
      }
    },
    release: () => session.release(),
  }
}

function tell(phases: Phase[], asked: number, { begun, firstRun, lastRun, runs }: Work): void {
  if (phases.length >= MAX_PHASES) return
  const ended = now()
  phases.push({ name: 'queue', startedAt: asked, endedAt: begun })
  phases.push({ name: 'encode', startedAt: begun, endedAt: firstRun ?? ended })
  if (firstRun === undefined) return
  phases.push({ name: 'run', startedAt: firstRun, endedAt: lastRun, runs })
  phases.push({ name: 'decode', startedAt: lastRun, endedAt: ended })
}

function now(): number {
  return performance.timeOrigin + performance.now()
}
