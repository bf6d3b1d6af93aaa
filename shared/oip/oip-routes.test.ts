import { Hono, type Env } from 'hono'
import { describe, expect, test } from 'vitest'

import { MeshError } from '../mesh-error.ts'
import { onError, onNotFound } from '../problem.ts'
import { ModelCounter } from '../model-counter.ts'
import type { OipBackend, OipModel } from './oip-backend.ts'
import { createOipRoutes } from './oip-routes.ts'

const MODEL: OipModel = {
  name: 'tone',
  version: '2',
  platform: 'onnx_onnxv1',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'BYTES', shape: [-1] }],
  ready: true,
}
const OLD: OipModel = {
  ...MODEL,
  version: '1',
  ready: false,
  reason: 'no deployment of it is ready',
}

/** A server of two versions of one model, below a path as a proxy would put it. */
function server(backend: Partial<OipBackend<Env>> = {}): Hono {
  const app = new Hono()
  app.onError(onError)
  app.notFound(onNotFound)
  const routes = createOipRoutes({
    server: { name: 'test', version: '1.2.3' },
    ready: async () => true,
    models: async () => [MODEL, OLD],
    async requireModel(_, name, version) {
      const found = [MODEL, OLD].filter(
        (model) => model.name === name && (version ?? model.version) === model.version,
      )
      if (found.length > 0) return found
      throw new MeshError('model_unknown', `there is no ${name}`)
    },
    infer: async (_, name, version) => Response.json({ name, version: version ?? null }),
    statistics: async (_, name = 'tone', version = '2') => [
      new ModelCounter().statistics(name, version),
    ],
    ...backend,
  })
  app.route('/', routes)
  return app
}

async function body(app: Hono, path: string, init?: RequestInit): Promise<unknown> {
  const response = await app.request(path, init)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  return response.json()
}

async function refusal(app: Hono, path: string, init?: RequestInit): Promise<unknown> {
  const response = await app.request(path, init)
  // kserve's client shows the text of exactly this type and no other
  expect(response.headers.get('content-type')).toBe('application/json')
  return response.json()
}

describe('a server that is not ready', () => {
  test('says so by its status, never by 200', async () => {
    const app = server({ ready: async () => false })
    expect(await refusal(app, '/v2/health/ready')).toMatchObject({ status: 503 })
    expect(await body(app, '/v2/health/live')).toEqual({ live: true, ready: true })
  })

  test('tells why a version of a model is not', async () => {
    expect(await refusal(server(), '/v2/models/tone/versions/1/ready')).toMatchObject({
      status: 503,
      error: expect.stringContaining('no deployment of it is ready'),
    })
    expect(await body(server(), '/v2/models/tone/ready')).toEqual({ name: 'tone', ready: true })
  })

  test('answers what its backend throws in the shape of the protocol', async () => {
    const app = server({
      ready: () => Promise.reject(new MeshError('model_unavailable', 'it cannot be loaded')),
    })
    expect(await refusal(app, '/v2/health/ready')).toMatchObject({
      error: 'it cannot be loaded',
      code: 'model_unavailable',
    })
  })
})

test('lists a model once and each of its versions, the one that answers first', async () => {
  expect(await body(server(), '/v2/models')).toEqual({ models: ['tone'] })
  expect(await body(server(), '/v2/models/tone')).toMatchObject({ versions: ['2', '1'] })
  expect(await body(server(), '/v2/models/tone/versions/1')).toMatchObject({ versions: ['1'] })
  const index = (ready: string) =>
    body(server(), '/v2/repository/index', { method: 'POST', body: ready })
  expect(await index('')).toHaveLength(2)
  expect(await index('{"ready":true}')).toEqual([
    { name: 'tone', version: '2', state: 'READY', reason: '' },
  ])
})

test('hands a version on to the backend, and none where none is named', async () => {
  const infer = (path: string) => body(server(), path, { method: 'POST', body: '{}' })
  expect(await infer('/v2/models/tone/infer')).toEqual({ name: 'tone', version: null })
  expect(await infer('/v2/models/tone/versions/2/infer')).toEqual({ name: 'tone', version: '2' })
})

test('reads names as they are written in a path', async () => {
  const app = server()
  const path = `/v2/models/${encodeURIComponent('größe')}/infer`
  expect(await body(app, path, { method: 'POST', body: '{}' })).toMatchObject({ name: 'größe' })
})

test('says nothing of what runs a model elsewhere', async () => {
  const elsewhere = server({ requireModel: async () => [{ ...MODEL, platform: 'remote' }] })
  expect(await body(elsewhere, '/v2/models/tone/config')).not.toHaveProperty('backend')
})

test("tells a configuration in Triton's words", async () => {
  expect(await body(server(), '/v2/models/tone/config')).toEqual({
    name: 'tone',
    platform: 'onnx_onnxv1',
    backend: 'onnxruntime',
    version_policy: { specific: { versions: ['2', '1'] } },
    max_batch_size: 0,
    input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [-1, 2] }],
    output: [{ name: 'y', data_type: 'TYPE_STRING', dims: [-1] }],
  })
})

test.each([
  ['/v2/models/nothing', 'GET', 404],
  ['/v2/models/nothing/config', 'GET', 404],
  ['/v2/models/tone/versions/3', 'GET', 404],
  ['/v2/anything', 'GET', 404],
  ['/v2/repository/models/tone/load', 'POST', 501],
])('trap 4, 11: refuses %s with an error that clients can read', async (path, method, status) => {
  expect(await refusal(server(), path, { method })).toMatchObject({
    status,
    error: expect.any(String),
  })
})

test('trap 6: has no address in any answer, so that it works below a path', async () => {
  const outer = new Hono()
  outer.route('/behind/a/proxy', server())
  const response = await outer.request('/behind/a/proxy/v2/models/tone')
  expect(await response.text()).not.toContain('/v2')
})
