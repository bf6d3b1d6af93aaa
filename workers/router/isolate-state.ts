import { AttemptCounts } from './attempt-counts.ts'
import { AnswerStore } from './cache/answer-store.ts'
import { Registry } from './registry.ts'
import { HealthBoard } from './resilience/health-board.ts'

/** What one isolate of the router remembers from request to request; all of it can be lost at any time. */
export interface IsolateState {
  registry: Registry
  board: HealthBoard
  counts: AttemptCounts
  answers: AnswerStore
}

export function createIsolateState(): IsolateState {
  return {
    registry: new Registry(),
    board: new HealthBoard(),
    counts: new AttemptCounts(),
    answers: new AnswerStore(),
  }
}
