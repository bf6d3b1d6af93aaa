/** Open Inference Protocol v2 as its clients speak it, on a native node and on a model Worker. Traps are facts of their source. */
import { deflateSync, gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import {
  binaryFp32,
  describeEchoServers,
  echoManifest,
  fp32Input,
  withOthersEmpty,
} from './echo-servers.ts'
import { inferRequest, lengthPrefixed, readInferAnswer } from './oip-request.ts'
import { expectOipError } from './tensor-contract.ts'

describeEchoServers(({ get, post, send, infer }) => {
  test('trap 1, 2: takes binary tensors with no content-type, and gives all outputs binary when asked so', async () => {
    const { body, headers } = inferRequest(withOthersEmpty(binaryFp32(1, 2)), {
      parameters: { binary_data_output: true },
    })
    for (const type of ['', 'text/plain', 'application/json', 'application/octet-stream']) {
      const response = await send({ body, headers: { ...headers, 'content-type': type } })
      expect(response.headers.get('content-type')).toBe('application/octet-stream')
      const { outputs } = await readInferAnswer(response)
      expect(outputs.length).toBe(echoManifest.inputs.length)
      expect(outputs.every((output) => output.bytes !== undefined)).toBe(true)
    }
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const)(
    'trap 3: takes a body compressed with %s, JSON and binary',
    async (encoding, compress) => {
      for (const input of [binaryFp32(0.5, -1.25), fp32Input([0.5, -1.25], [2, 1])]) {
        const { body, headers } = inferRequest(withOthersEmpty(input), {
          outputs: [{ name: 'fp32_out' }],
        })
        const response = await send({
          body: compress(body),
          headers: { ...headers, 'content-encoding': encoding },
        })
        expect((await readInferAnswer(response)).outputs[0]?.data).toEqual([0.5, -1.25])
      }
    },
  )

  test('trap 5, 10: is live and ready in the words of both clients, and at HEAD', async () => {
    for (const path of ['/v2/health/live', '/v2/health/ready']) {
      expect(await (await get(path)).json()).toEqual({ live: true, ready: true })
      const head = await get(path, 'HEAD')
      expect([head.status, await head.text()]).toEqual([200, ''])
    }
    expect(await (await get('/v2/models/echo-model/ready')).json()).toEqual({
      name: 'echo-model',
      ready: true,
    })
    await expectOipError(get('/v2/models/nothing/ready'), 404, 'model_unknown')
    await expectOipError(get('/v2/models/echo-model/versions/7/ready'), 404, 'model_unknown')
  })

  test('describes itself, its models and their configuration', async () => {
    expect(await (await get('/v2')).json()).toMatchObject({
      name: expect.any(String),
      version: expect.any(String),
      extensions: expect.arrayContaining(['binary_tensor_data', 'classification', 'statistics']),
    })
    expect(await (await get('/v2/models')).json()).toMatchObject({
      models: expect.arrayContaining(['echo-model']),
    })
    for (const path of ['/v2/models/echo-model', '/v2/models/echo-model/versions/1']) {
      expect(await (await get(path)).json()).toEqual({
        name: 'echo-model',
        versions: ['1'],
        platform: 'onnx_onnxv1',
        inputs: echoManifest.inputs,
        outputs: echoManifest.outputs,
        parameters: { text_input: 'text' },
      })
    }
    expect(await (await get('/v2/models/echo-model/config')).json()).toMatchObject({
      name: 'echo-model',
      max_batch_size: 0,
      input: expect.arrayContaining([
        { name: 'fp32', data_type: 'TYPE_FP32', dims: [-1, -1] },
        { name: 'bytes', data_type: 'TYPE_STRING', dims: [-1, -1] },
      ]),
    })
    await expectOipError(get('/v2/models/nothing'), 404, 'model_unknown')
    await expectOipError(get('/v2/nothing'), 404, 'not_found')
  })

  test('trap 8: lists its repository by POST, all or those that are ready, and loads nothing by request', async () => {
    const ask = (path: string, body: string) => post(path, { body: Buffer.from(body), headers: {} })
    const index = async (body: string) => (await ask('/v2/repository/index', body)).json()
    const entry = { name: 'echo-model', version: '1', state: 'READY', reason: '' }
    for (const body of ['', '{}', '{"ready":true}', '{"ready":false,"repository_name":"x"}']) {
      expect(await index(body)).toEqual(expect.arrayContaining([entry]))
    }
    await expectOipError(ask('/v2/repository/index', '{"ready":"yes"}'), 400, 'invalid_request')
    await expectOipError(ask('/v2/repository/models/echo-model/load', '{}'), 501, 'unsupported')
    await expectOipError(ask('/v2/repository/models/echo-model/unload', ''), 501, 'unsupported')
  })

  test('counts what ran and what failed', async () => {
    const statistics = async () => {
      const response = await get('/v2/models/echo-model/stats')
      const { model_stats: all } = await response.json<{ model_stats: [Counted] }>()
      return all[0]
    }
    const before = await statistics()
    await infer(withOthersEmpty(fp32Input([1, 2, 3, 4], [4, 1])), {
      outputs: [{ name: 'fp32_out' }],
    })
    const after = await statistics()
    expect(after).toMatchObject({ name: 'echo-model', version: '1' })
    expect(after.execution_count - before.execution_count).toBe(1)
    expect(after.inference_stats.success.count - before.inference_stats.success.count).toBe(1)
    expect(after.last_inference).toBeGreaterThan(Date.now() - 60_000)
    const all = await (await get('/v2/models/stats')).json<{ model_stats: Counted[] }>()
    expect(all.model_stats.map(({ name }) => name)).toContain('echo-model')
  })

  test('trap 9, 12: ignores fields that clients add, echoes the id, and always says which model answered', async () => {
    const answer = await infer(withOthersEmpty(fp32Input([1], [1, 1])), {
      model_name: 'echo-model',
      model_version: null,
      id: '5f0c',
      parameters: { priority: 1, sequence_id: 7, anything: { nested: [1] } },
      outputs: [{ name: 'fp32_out', shape: [1] }],
    })
    expect(answer).toMatchObject({ model_name: 'echo-model', model_version: '1', id: '5f0c' })
    const { id } = await infer(withOthersEmpty(fp32Input([1], [1, 1])), {
      outputs: [{ name: 'fp32_out' }],
    })
    expect(id).toBeUndefined()
  })

  test('classifies: the best of each row, with labels where there is one for each class', async () => {
    const classified = async (data: number[], shape: number[], k: number, binary: boolean) => {
      const {
        outputs: [output],
      } = await infer(withOthersEmpty(fp32Input(data, shape)), {
        outputs: [{ name: 'fp32_out', parameters: { classification: k, binary_data: binary } }],
      })
      return output
    }
    expect(await classified([0.1, 0.7, 0.2, 3, 1, 2], [2, 3], 2, false)).toMatchObject({
      datatype: 'BYTES',
      shape: [2, 2],
      data: ['0.7:1:green', '0.2:2:blue', '3:0:red', '2:2:blue'],
    })
    const binary = await classified([0.5, 0.25], [1, 2], 9, true)
    expect(binary).toMatchObject({ datatype: 'BYTES', shape: [1, 2] })
    expect(binary?.bytes).toEqual(new Uint8Array(lengthPrefixed('0.5:0', '0.25:1')))
  })

  test('takes text as a tensor where the manifest says so, as a list and as a column', async () => {
    for (const shape of [[2], [2, 1]]) {
      const { outputs } = await infer(
        [{ name: 'text', datatype: 'BYTES', shape, data: ['one', 'zwei ü'] }],
        { outputs: [{ name: 'answer' }, { name: 'bytes_out' }] },
      )
      expect(outputs[0]).toMatchObject({
        name: 'answer',
        datatype: 'BYTES',
        shape: [2],
        parameters: { content_type: 'json' },
        data: ['{"outputs":13,"text":"one"}', '{"outputs":13,"text":"zwei ü"}'],
      })
      expect(outputs[1]).toMatchObject({ shape: [2, 1], data: ['one', 'zwei ü'] })
    }
    const {
      outputs: [answer],
    } = await infer(
      [{ name: 'text', datatype: 'BYTES', shape: [1], bytes: lengthPrefixed('binary') }],
      { outputs: [{ name: 'answer', parameters: { binary_data: true } }] },
    )
    expect(answer?.bytes).toEqual(new Uint8Array(lengthPrefixed('{"outputs":13,"text":"binary"}')))
  })

  test('trap 17: decodes base64 in BYTES', async () => {
    const {
      outputs: [output],
    } = await infer([
      {
        name: 'text',
        datatype: 'BYTES',
        shape: [1, 1],
        parameters: { content_type: 'base64' },
        data: [Buffer.from('größer').toString('base64')],
      },
    ])
    expect(output).toBeDefined()
  })

  test('keeps the deadline of the parameter timeout, in microseconds', async () => {
    const texts = Array.from({ length: 64 }, () => 'x'.repeat(1000))
    const input = { name: 'text', datatype: 'BYTES', shape: [64], data: texts }
    const sentence = await expectOipError(
      send(inferRequest([input], { parameters: { timeout: 1 } })),
      504,
      'deadline_exceeded',
    )
    expect(sentence).toMatch(/1 ms|deadline/)
    await infer([input], { parameters: { timeout: 0 }, outputs: [{ name: 'answer' }] })
    await expectOipError(
      send(inferRequest([input], { parameters: { timeout: 'soon' } })),
      400,
      'invalid_request',
    )
  })
})

interface Counted {
  name: string
  last_inference: number
  execution_count: number
  inference_stats: { success: { count: number } }
}
