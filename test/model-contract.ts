import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import type { Example } from '#shared/manifest.ts'
import type { ExampleRequest } from '#shared/example-request.ts'
import { findDifference } from '#shared/within-tolerance.ts'

import { exampleRequest } from '../scripts/mesh/example-request.ts'
import { expectedAnswer } from '../scripts/mesh/expected-answer.ts'
import { readAnswer } from '../scripts/mesh/read-answer.ts'
import { OUTPUT_DIR } from '../scripts/paths.ts'
import type { ModelFolder } from '../workers/native/model-folders.ts'
import type { NodeClient } from './node-client.ts'
import { testTensorsOnNode } from './tensor-contract.ts'

const CACHE_DIR = join(OUTPUT_DIR, 'cache')
const JSON_TYPE = { 'content-type': 'application/json' }

/** The node protocol as every model must keep it on every node: its examples, and input that is wrong in each way. */
export function testModelOnNode(folder: ModelFolder, node: NodeClient): void {
  const { manifest } = folder
  const { id, version, examples } = manifest
  const path = `/models/${id}`
  const [mediaType = ''] = manifest.accepts

  describe(`${id} on ${node.name}`, () => {
    for (const example of examples) {
      test(`answers its golden example: ${example.name}`, async () => {
        const response = await sendExample(node, folder, example)
        expect(response.status, await response.clone().text()).toBe(200)
        expect(await differenceFromExpected(response, folder, example)).toBeUndefined()
      })
    }

    test('answers a list of texts by a list, and lists of anything else not at all', async () => {
      const [example] = examples
      if (!example) throw new Error('a manifest has examples')
      if (!('text' in example.input)) {
        const list = JSON.stringify({ inputs: ['AAAA'] })
        await expectProblem(node.post(path, list, JSON_TYPE), 422, 'invalid_input')
        return
      }
      const texts = [example.input.text, example.input.text]
      const body = JSON.stringify({ inputs: texts, parameters: example.parameters })
      const response = await node.post(`${path}/versions/${version}`, body, JSON_TYPE)
      const expected = [example.expected, example.expected]
      expect(
        await findDifference(await response.json(), expected, example.tolerance),
      ).toBeUndefined()
      const broken = JSON.stringify({ inputs: [...texts, ''] })
      const problem = await expectProblem(node.post(path, broken, JSON_TYPE), 422, 'invalid_input')
      expect(problem.detail).toContain('inputs[2]')
    })

    test("tells what is wrong as Hugging Face's clients read it, where they call", async () => {
      const problem = await expectProblem(node.post(path, '{}', JSON_TYPE), 400, 'invalid_request')
      expect(problem.error).toBe(problem.detail)
    })

    test('answers at its version and at no other', async () => {
      const { body, headers } = await firstRequest(folder)
      const right = await node.post(`${path}/versions/${version}`, body, headers)
      expect(right.status).toBe(200)
      await expectProblem(node.post(`${path}/versions/999`, body, headers), 404, 'model_unknown')
    })

    test('refuses a model it does not serve', async () => {
      await expectProblem(
        node.post('/models/no-such-model', 'x', { 'content-type': 'text/plain' }),
        404,
        'model_unknown',
      )
    })

    test('refuses an empty body', async () => {
      await expectProblem(node.post(path, '', { 'content-type': mediaType }), 422, 'invalid_input')
      await expectProblem(node.post(path, '', JSON_TYPE), 422, 'invalid_input')
    })

    test('refuses a media type it does not take and lists those it does', async () => {
      const problem = await expectProblem(
        node.post(path, 'x', { 'content-type': 'video/mp4' }),
        415,
        'media_type_unsupported',
      )
      expect(problem.detail).toContain(mediaType)
    })

    test('refuses a body above its limit', async () => {
      const body = new Uint8Array(manifest.limits.inputBytes + 1)
      await expectProblem(
        node.post(path, body, { 'content-type': mediaType }),
        413,
        'payload_too_large',
      )
    })

    test('refuses JSON that is malformed, too deep, not UTF-8 or has an unknown field', async () => {
      await expectProblem(node.post(path, '{"inputs": ', JSON_TYPE), 400, 'invalid_request')
      await expectProblem(node.post(path, '['.repeat(20_000), JSON_TYPE), 400, 'invalid_request')
      await expectProblem(
        node.post(path, Uint8Array.of(0x22, 0xff, 0xfe, 0x22), JSON_TYPE),
        400,
        'invalid_request',
      )
      const problem = await expectProblem(
        node.post(path, '{"inputs":"AAAA","surprise":1}', JSON_TYPE),
        400,
        'invalid_request',
      )
      expect(problem.detail).toContain('surprise')
    })

    test('refuses a parameter it does not know by its name', async () => {
      const { body, headers } = await firstRequest(folder, { no_such_parameter: 1 })
      const problem = await expectProblem(node.post(path, body, headers), 400, 'invalid_request')
      expect(problem.detail).toContain('no_such_parameter')
    })

    testTensorsOnNode(folder, node)

    test('refuses a deadline that is no number', async () => {
      const headers = { 'content-type': mediaType, 'mesh-deadline-ms': 'soon' }
      await expectProblem(node.post(path, 'x', headers), 400, 'invalid_request')
    })

    test('describes itself and its health', async () => {
      expect((await node.get('/v2/health/live')).status).toBe(200)
      expect((await node.get('/v2/health/ready')).status).toBe(200)
      expect(await (await node.get('/')).json()).toMatchObject({
        models: expect.arrayContaining([expect.objectContaining({ id, version, traps: 0 })]),
      })
    })

    test('still answers after all that', async () => {
      const [example] = examples
      if (!example) throw new Error('a manifest has examples')
      const response = await sendExample(node, folder, example)
      expect(await differenceFromExpected(response, folder, example)).toBeUndefined()
    })
  })
}

/** How an answer differs from what the example expects, if it does. */
export async function differenceFromExpected(
  response: Response,
  folder: ModelFolder,
  example: Example,
): Promise<string | undefined> {
  const expected = await expectedAnswer(example, folder, CACHE_DIR)
  return findDifference(await readAnswer(response), expected, example.tolerance)
}

/** Sends a golden example to a node, task level. */
export async function sendExample(
  node: NodeClient,
  folder: ModelFolder,
  example: Example,
): Promise<Response> {
  const { body, headers } = await exampleRequest(example, folder, CACHE_DIR)
  const { id, version } = folder.manifest
  return node.post(`/models/${id}/versions/${version}`, body, headers)
}

function firstRequest(
  folder: ModelFolder,
  parameters?: Example['parameters'],
): Promise<ExampleRequest> {
  const [example] = folder.manifest.examples
  if (!example) throw new Error('a manifest has examples')
  return exampleRequest(parameters ? { ...example, parameters } : example, folder, CACHE_DIR)
}

/** Expects a problem document of that status and code and returns it. */
export async function expectProblem(
  pending: Promise<Response>,
  status: number,
  code: string,
): Promise<{ code: string; detail: string; [extension: string]: unknown }> {
  const response = await pending
  const text = await response.text()
  expect({ status: response.status, text }).toMatchObject({ status })
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = JSON.parse(text)
  expect(problem).toMatchObject({ status, code, retryable: expect.any(Boolean) })
  return problem
}
