import { expect, test } from 'vitest'

import { MeshError } from '#shared/mesh-error.ts'
import { PROBLEM_MEDIA_TYPE, toProblem } from '#shared/problem.ts'

import { AnswerCheck } from './answer-check.ts'
import { judgeReply, type Reply } from './judge-reply.ts'

const check = new AnswerCheck({ expected: [{ label: 'good', score: 0.5 }], tolerance: 0.01 })
const answer = (text: string): Reply => ({ status: 200, headers: {}, text })
const problem = (code: 'shed' | 'rate_limited', headers: Reply['headers'] = {}): Reply => {
  const told = toProblem(new MeshError(code, 'told'))
  return {
    status: told.status,
    headers: { 'content-type': PROBLEM_MEDIA_TYPE, ...headers },
    text: JSON.stringify(told),
  }
}

test('an answer within the tolerance is right, also the second time', async () => {
  for (let i = 0; i < 2; i++) {
    const fate = await judgeReply(answer('[{"label":"good","score":0.505}]'), check)
    expect(fate).toEqual({ kind: 'right' })
  }
})

test.each(['[{"label":"bad","score":0.5}]', '[{"label":"good","score":0.6}]', '[{"label', ''])(
  'the answer %j is lost',
  async (text) => {
    expect(await judgeReply(answer(text), check)).toEqual({ kind: 'lost', why: 'wrong answer' })
  },
)

test('no answer is lost', async () => {
  expect(await judgeReply(undefined, check)).toEqual({ kind: 'lost', why: 'no answer' })
})

test('a typed 503 is shed only if it says when to come back', async () => {
  const shed = problem('shed', { 'retry-after': '1' })
  expect(await judgeReply(shed, check)).toEqual({ kind: 'shed', code: 'shed' })
  expect(await judgeReply(problem('shed'), check)).toEqual({ kind: 'refused', code: 'shed' })
})

test('another typed error is refused', async () => {
  const limited = problem('rate_limited', { 'retry-after': '60' })
  expect(await judgeReply(limited, check)).toEqual({ kind: 'refused', code: 'rate_limited' })
})

test.each<[string, Partial<Reply>]>([
  ['of another media type', { headers: { 'content-type': 'application/json' } }],
  ['that says another status', { status: 500 }],
  ['that is no JSON', { text: '<html>' }],
  [
    'of an unknown code',
    { text: JSON.stringify({ ...toProblem(new MeshError('shed', '')), code: 'x' }) },
  ],
])('an error %s is lost', async (_, other) => {
  const reply = { ...problem('shed', { 'retry-after': '1' }), ...other }
  expect(await judgeReply(reply, check)).toMatchObject({ kind: 'lost' })
})

test('tells the beginning of what isn’t understood, in one line, so that it is known who said it', async () => {
  const text = `Error: the code had hung\n    at somewhere${'x'.repeat(1_000)}`
  const fate = await judgeReply({ status: 500, headers: {}, text }, check)
  const why = fate.kind === 'lost' ? fate.why : ''
  expect(why).toMatch(/^500 without a typed error: 'Error: the code had hung at somewherex+'$/)
  expect(why.length).toBeLessThan(200)
})
