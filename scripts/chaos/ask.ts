import type { TestRouter } from '../../workers/router/start-test-router.ts'
import { labelOf, type LabelledInput } from './record-answers.ts'

const DEADLINE_MS = 10_000

/** What a caller got: an answer, an error that says a repetition is worthwhile, or anything else. */
export type AskOutcome = 'right' | 'wrong' | 'retryable' | 'untyped'

/** One call of a capability, once. */
export async function ask(
  router: TestRouter,
  capability: string,
  { text, label }: LabelledInput,
): Promise<AskOutcome> {
  const { status, body, headers } = await router.send(`/infer/${capability}`, {
    method: 'POST',
    key: router.inferKey,
    headers: {
      'content-type': 'text/plain',
      'cache-control': 'no-store',
      'mesh-deadline-ms': String(DEADLINE_MS),
    },
    body: text,
  })
  if (status === 200) return labelOf(body) === label ? 'right' : 'wrong'
  return body.retryable === true && headers.has('retry-after') ? 'retryable' : 'untyped'
}
