import { expect, test } from 'vitest'

import type { AnswerMediaType } from '#shared/media-answer.ts'

import { openApi } from './openapi.ts'
import { modelEntry, rows } from './registry-fixture.ts'
import { compileSnapshot } from './snapshot.ts'

const BYTES = { schema: { type: 'string', format: 'binary' } }

/** The paths of a mesh of one model for each of `produced`, which answers that. */
function pathsOf(...produced: (AnswerMediaType[] | undefined)[]): unknown {
  const models = produced.map((produces, i) =>
    modelEntry({ id: `m${i}`, capability: `task/d${i}`, ...(produces ? { produces } : {}) }),
  )
  const document = openApi(compileSnapshot(rows({ models, deployments: [] })), 'https://mesh')
  // as: an OpenAPI document has paths
  return (document as { paths: unknown }).paths
}
const answering = (content: unknown) => ({ post: { responses: { 200: { content } } } })

// it was once said to answer JSON only
test('says that the envelope is answered by whatever a model of the mesh answers', () => {
  const paths = pathsOf(undefined, ['image/png'], ['audio/wav', 'image/png'])
  expect(paths).toMatchObject({
    '/infer': answering({
      'application/json': { schema: {} },
      'image/png': BYTES,
      'audio/wav': BYTES,
    }),
    '/infer/task/d0': answering({ 'application/json': { schema: {} } }),
    '/infer/task/d1': answering({ 'image/png': BYTES }),
  })
})

test('promises no JSON and no example where all models answer files', () => {
  const paths = pathsOf(['image/png'])
  expect(paths).toHaveProperty(['/infer', 'post', 'responses', '200', 'content'], {
    'image/png': BYTES,
  })
  expect(paths).toHaveProperty(['/infer/task/d0', 'post', 'responses', '200', 'content'], {
    'image/png': BYTES,
  })
})

test('gives the answer of a capability an example, and that of the envelope none', () => {
  const paths = pathsOf(undefined)
  const example = [{ label: 'good', score: 1 }]
  expect(paths).toHaveProperty(['/infer/task/d0', 'post', 'responses', '200', 'content'], {
    'application/json': { schema: {}, example },
  })
  expect(paths).toHaveProperty(['/infer', 'post', 'responses', '200', 'content'], {
    'application/json': { schema: {} },
  })
})
