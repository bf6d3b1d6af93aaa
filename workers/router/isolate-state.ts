import { AttemptCounts } from './dispatch/attempt-counts.ts'
import { AnswerStore } from './cache/answer-store.ts'
import { Observer } from './observe/observer.ts'
import { RecoveryProbes } from './probe/recovery-probes.ts'
import { Registry } from './registry/registry.ts'
import { HealthBoard } from './resilience/health-board.ts'
import { IsolateLoad } from './resilience/isolate-load.ts'
import { MirrorGate } from './rollout/mirror-gate.ts'

/** What one isolate of the router remembers from request to request; all of it can be lost at any time. */
export interface IsolateState {
  registry: Registry
  board: HealthBoard
  load: IsolateLoad
  counts: AttemptCounts
  answers: AnswerStore
  observer: Observer
  mirrors: MirrorGate
  probes: RecoveryProbes
}

export function createIsolateState(): IsolateState {
  const registry = new Registry()
  const board = new HealthBoard(registry.leases)
  const load = new IsolateLoad()
  const answers = new AnswerStore()
  return {
    registry,
    board,
    load,
    counts: new AttemptCounts(),
    answers,
    mirrors: new MirrorGate(),
    probes: new RecoveryProbes(),
    observer: new Observer({ registry, board, load, answers }),
  }
}
