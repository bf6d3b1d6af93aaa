import { AnswerCache, type KeptAnswer } from './answer-cache.ts'
import { SingleFlight } from './single-flight.ts'

/** What an isolate keeps of answers: those it has, and those that are on their way. */
export class AnswerStore {
  readonly answers = new AnswerCache()
  readonly flights = new SingleFlight<KeptAnswer>()
}
