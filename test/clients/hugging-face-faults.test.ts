/** What Hugging Face's client does when the node behind the router fails. */
import { InferenceClient } from '@huggingface/inference'
import { afterEach, expect, inject, test } from 'vitest'

import { parseManifest } from '#shared/manifest.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { toProblem } from '#shared/problem.ts'

import languageManifest from '../../workers/models/language-id/manifest.json' with { type: 'json' }
import { farModel } from '../fixtures/far-model.ts'

const mesh = inject('mesh')
const client = new InferenceClient(mesh.inferKey)
const FRENCH = 'Ceci est une phrase écrite en français.'
const far = farModel(
  mesh,
  parseManifest(
    { ...languageManifest, id: 'far-tongue', capability: 'text-classification/far-tongue' },
    'far',
  ),
)
const endpointUrl = `${mesh.url}/models/far-tongue`
afterEach(() => far.remove())

const json = { 'content-type': 'application/json' }

test('slows the client down, which asks again at once whenever it gets a 503', async () => {
  const { received } = await far.deploy((response, count) =>
    count <= 2
      ? response
          .writeHead(503, { 'content-type': 'application/problem+json' })
          .end(JSON.stringify(toProblem(new MeshError('model_unavailable', 'it loads'))))
      : response.writeHead(200, json).end('[{"label":"fra","score":1}]'),
  )
  const started = Date.now()
  const answer = await client.textClassification({ endpointUrl, inputs: FRENCH })
  expect(answer).toEqual([{ label: 'fra', score: 1 }])
  expect(received).toHaveLength(3)
  expect(Date.now() - started).toBeGreaterThan(1_900)
})

test('tells when to come again', async () => {
  await far.deploy((response) => response.writeHead(503).end())
  const call = client.textClassification({ endpointUrl, inputs: FRENCH }, { retry_on_error: false })
  await expect(call).rejects.toMatchObject({
    httpResponse: { status: 503, body: { error: expect.any(String), estimated_time: 1 } },
  })
})

test.each(['{"label":"fra"}', '[1,2]', '[{"label":5,"score":"high"}]', 'nonsense'])(
  'does not pass on what is no answer of the task: %s',
  async (nonsense) => {
    await far.deploy((response) => response.writeHead(200, json).end(nonsense))
    const call = client.textClassification({ endpointUrl, inputs: FRENCH })
    await expect(call).rejects.toMatchObject({ httpResponse: { status: 502 } })
  },
)
