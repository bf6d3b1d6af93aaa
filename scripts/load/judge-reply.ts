import { isErrorCode } from '#shared/error-codes.ts'
import { Problem, PROBLEM_MEDIA_TYPE } from '#shared/problem.ts'

import type { AnswerCheck } from './answer-check.ts'

/** Of what isn't understood, enough to know who said it. */
const MAX_SAID_CHARS = 120

/** What a request came back with; undefined when nothing did. */
export interface Reply {
  status: number
  /** By name in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>
  text: string
}

/**
 * What became of a request. `shed` is a typed 503 that says when to come back, `refused` any other typed error;
 * whatever else isn't the right answer is lost, with the reason why.
 */
export type Fate =
  | { kind: 'right' }
  | { kind: 'shed' | 'refused'; code: string }
  | { kind: 'lost'; why: string }

export async function judgeReply(reply: Reply | undefined, check: AnswerCheck): Promise<Fate> {
  if (!reply) return { kind: 'lost', why: 'no answer' }
  const { status, headers, text } = reply
  if (status === 200) {
    return (await check.isRight(text)) ? { kind: 'right' } : { kind: 'lost', why: 'wrong answer' }
  }
  const code = codeOf(reply)
  if (code === undefined) {
    const said = text.slice(0, MAX_SAID_CHARS).replaceAll(/\s+/g, ' ')
    return { kind: 'lost', why: `${status} without a typed error: '${said}'` }
  }
  const isShed = status === 503 && /^\d+$/.test(String(headers['retry-after']))
  return { kind: isShed ? 'shed' : 'refused', code }
}

function codeOf({ status, headers, text }: Reply): string | undefined {
  if (headers['content-type'] !== PROBLEM_MEDIA_TYPE) return undefined
  try {
    const { data } = Problem.safeParse(JSON.parse(text))
    return data?.status === status && isErrorCode(data.code) ? data.code : undefined
  } catch (err) {
    if (err instanceof SyntaxError) return undefined
    throw err
  }
}
