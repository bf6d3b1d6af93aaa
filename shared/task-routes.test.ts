import { Hono } from 'hono'
import { expect, test, vi } from 'vitest'

import { modelEntry } from '../workers/router/registry/registry-fixture.ts'
import type { Codec } from './codec.ts'
import { runtime } from './onnx-wasm.ts'
import { LoadedModel } from './loaded-model.ts'
import type { AnswerMediaType } from './media-answer.ts'
import { MediaAnswer } from './media-answer.ts'
import { taskRoutes } from './task-routes.ts'
import { onError } from './problem.ts'

const PICTURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0x00, 0xfe)

/** A node of one model whose codec answers so without running a graph. */
function ask(
  answer: unknown,
  produces?: AnswerMediaType[],
  headers: Record<string, string> = {},
): Response | Promise<Response> {
  const { manifest } = modelEntry(produces ? { produces } : {})
  const codec: Codec = { predict: async () => answer }
  const model = new LoadedModel({
    manifest,
    codec,
    loadGraph: () => new Uint8Array(0),
    runtime,
    admit: (work) => work(),
  })
  const app = new Hono()
  app.onError(onError)
  app.route(
    '/',
    taskRoutes(() => model),
  )
  return app.request('/models/tone/versions/1', {
    method: 'POST',
    headers: { 'content-type': 'text/plain', ...headers },
    body: 'hello',
  })
}

test('answers JSON unless the codec answers a file', async () => {
  const response = await ask([{ label: 'good' }])
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual([{ label: 'good' }])
})

test('answers a file as its bytes, under its media type and no other', async () => {
  const response = await ask(new MediaAnswer('image/png', PICTURE), ['image/png'], {
    accept: 'application/json',
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('image/png')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(PICTURE)
})

test('takes JSON that looks like a file for JSON', async () => {
  const lookalike = { mediaType: 'image/png', bytes: [1, 2, 3] }
  expect(await (await ask(lookalike)).json()).toEqual(lookalike)
})

test.each<[string, unknown, AnswerMediaType[] | undefined]>([
  ['a picture where the manifest names nothing', new MediaAnswer('image/png', PICTURE), undefined],
  ['a JPEG where it names PNG', new MediaAnswer('image/jpeg', PICTURE), ['image/png']],
  ['JSON where it names only pictures', [], ['image/png', 'image/jpeg']],
])('refuses to send %s', async (_, answer, produces) => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const response = await ask(answer, produces)
  expect(response.status).toBe(500)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = await response.json()
  expect(problem).toMatchObject({ code: 'internal' })
  vi.restoreAllMocks()
})
