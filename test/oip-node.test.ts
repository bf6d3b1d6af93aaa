/** Open Inference Protocol v2 on a native node and on a model Worker, over models that echo every datatype. */
import { deflateSync, gzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  echoFolders,
  startEchoNodes,
  type EchoNodes,
} from './fixtures/echo-model/start-echo-nodes.ts'
import {
  INFERENCE_HEADER,
  inferRequest,
  lengthPrefixed,
  readInferAnswer,
  type WireAnswer,
  type WireRequest,
  type WireTensor,
} from './oip-request.ts'
import { expectOipError } from './tensor-contract.ts'

const echo = echoFolders.find(({ id }) => id === 'echo-model')
if (!echo) throw new Error('the fixture has echo-model')
const { inputs: specs } = echo.manifest

const bytesOf = (array: ArrayBufferView) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** Of each datatype four values, the ends of its range among them: as bytes, and as JSON that says exactly the same. */
const SAMPLES: Record<string, { bytes: Uint8Array; json?: string }> = {
  BOOL: { bytes: Uint8Array.of(1, 0, 0, 1), json: '[true,false,false,true]' },
  UINT8: { bytes: Uint8Array.of(0, 1, 128, 255), json: '[0,1,128,255]' },
  UINT16: { bytes: bytesOf(Uint16Array.of(0, 1, 256, 65_535)), json: '[0,1,256,65535]' },
  UINT32: {
    bytes: bytesOf(Uint32Array.of(0, 1, 65_536, 2 ** 32 - 1)),
    json: '[0,1,65536,4294967295]',
  },
  UINT64: {
    bytes: bytesOf(BigUint64Array.of(0n, 1n, 2n ** 53n + 1n, 2n ** 64n - 1n)),
    json: '[0,1,9007199254740993,18446744073709551615]',
  },
  INT8: { bytes: bytesOf(Int8Array.of(-128, -1, 0, 127)), json: '[-128,-1,0,127]' },
  INT16: { bytes: bytesOf(Int16Array.of(-32_768, -1, 0, 32_767)), json: '[-32768,-1,0,32767]' },
  INT32: {
    bytes: bytesOf(Int32Array.of(-(2 ** 31), -1, 0, 2 ** 31 - 1)),
    json: '[-2147483648,-1,0,2147483647]',
  },
  INT64: {
    bytes: bytesOf(BigInt64Array.of(-(2n ** 63n), -(2n ** 53n) - 1n, 0n, 2n ** 63n - 1n)),
    json: '[-9223372036854775808,-9007199254740993,0,9223372036854775807]',
  },
  FP16: { bytes: bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0x7e01)) }, // 1, -2, infinity, a NaN
  BF16: { bytes: bytesOf(Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x7fc1)) },
  FP32: { bytes: bytesOf(Float32Array.of(0.5, -1.25, 0, 3)), json: '[0.5,-1.25,0,3]' },
  FP64: { bytes: bytesOf(Float64Array.of(0.1, -1e300, 0, 5e-324)), json: '[0.1,-1e+300,0,5e-324]' },
  BYTES: { bytes: lengthPrefixed('a', '', 'ü', 'two words'), json: '["a","","ü","two words"]' },
}

let nodes: EchoNodes
beforeAll(async () => {
  nodes = await startEchoNodes()
})
afterAll(() => nodes.stop())

/** Every input empty but those given: a model's inputs are all required. */
function withOthersEmpty(...given: WireTensor[]): WireTensor[] {
  return specs.map(
    ({ name, datatype }) =>
      given.find((tensor) => tensor.name === name) ?? { name, datatype, shape: [0, 1], data: [] },
  )
}

const servers: [string, (model: string) => string][] = [
  ['the native node', () => nodes.nativeUrl],
  ['a model Worker', (model) => nodes.workerUrls[model] ?? 'missing'],
]

describe.each(servers)('%s', (_, urlOf) => {
  const post = (path: string, { body, headers }: WireRequest, model = 'echo-model') =>
    fetch(`${urlOf(model)}${path}`, { method: 'POST', headers, body: new Uint8Array(body) })
  const send = (request: WireRequest, model = 'echo-model') =>
    post(`/v2/models/${model}/infer`, request, model)
  const infer = async (
    inputs: WireTensor[],
    rest: Record<string, unknown> = {},
  ): Promise<WireAnswer> => readInferAnswer(await send(inferRequest(inputs, rest)))
  const get = (path: string, method = 'GET') => fetch(`${urlOf('echo-model')}${path}`, { method })
  const fp32 = (data: unknown, shape: number[]): WireTensor => ({
    name: 'fp32',
    datatype: 'FP32',
    shape,
    data,
  })

  describe('gives back every datatype', () => {
    for (const { name, datatype } of specs) {
      const { bytes, json } = SAMPLES[datatype] ?? { bytes: new Uint8Array(0) }
      const outputs = [{ name: `${name}_out`, parameters: { binary_data: true } }]

      test(`${datatype} in binary and out`, async () => {
        const input = { name, datatype, shape: [2, 2], bytes }
        const answer = await infer(withOthersEmpty(input), { outputs })
        expect(answer.outputs).toEqual([
          expect.objectContaining({ name: `${name}_out`, datatype, shape: [2, 2] }),
        ])
        expect(answer.outputs[0]?.bytes).toEqual(new Uint8Array(bytes))
      })

      test(`${datatype} with no elements`, async () => {
        const input = { name, datatype, shape: [0, 3], bytes: new Uint8Array(0) }
        const {
          outputs: [output],
        } = await infer(withOthersEmpty(input), { outputs })
        expect(output).toMatchObject({ shape: [0, 3], parameters: { binary_data_size: 0 } })
      })

      if (json === undefined) {
        test(`${datatype} not as JSON, in neither direction`, async () => {
          const asJson = { name, datatype, shape: [1, 1], data: [1] }
          const sentence = await expectOipError(
            send(inferRequest(withOthersEmpty(asJson), { outputs })),
            422,
            'invalid_input',
          )
          expect(sentence).toMatch(/binary/)
          const binary = { name, datatype, shape: [2, 2], bytes }
          const wanted = { outputs: [{ name: `${name}_out` }] }
          expect(
            await expectOipError(
              send(inferRequest(withOthersEmpty(binary), wanted)),
              422,
              'invalid_input',
            ),
          ).toMatch(/binary_data/)
        })
      } else {
        test(`${datatype} as JSON, flat and nested, digit for digit`, async () => {
          const values = json.slice(1, -1).split(',')
          const nested = `[[${values[0]},${values[1]}],[${values[2]},${values[3]}]]`
          for (const data of [json, nested]) {
            const request = inferRequest(
              withOthersEmpty({ name, datatype, shape: [2, 2], data: 'HERE' }),
              { outputs: [{ name: `${name}_out` }] },
            )
            const body = Buffer.from(Buffer.from(request.body).toString().replace('"HERE"', data))
            const response = await send({ ...request, body })
            const text = await response.text()
            expect(response.status, text).toBe(200)
            expect(response.headers.get('content-type')).toBe('application/json')
            expect(text).toContain(`"data":${json}`)
          }
        })
      }
    }
  })

  test('answers in JSON and binary side by side, in the order asked for', async () => {
    const given = [
      { name: 'int8', datatype: 'INT8', shape: [1, 3], bytes: Uint8Array.of(1, 2, 255) },
      fp32([1, 2], [1, 2]),
      { name: 'uint16', datatype: 'UINT16', shape: [1, 1], bytes: Uint8Array.of(1, 1) },
    ]
    const answer = await infer(withOthersEmpty(...given), {
      id: 'mixed',
      parameters: { binary_data_output: true },
      outputs: [
        { name: 'uint16_out' },
        { name: 'fp32_out', parameters: { binary_data: false } },
        { name: 'int8_out' },
      ],
    })
    expect(answer).toMatchObject({ model_name: 'echo-model', model_version: '1', id: 'mixed' })
    expect(answer.outputs.map(({ name }) => name)).toEqual(['uint16_out', 'fp32_out', 'int8_out'])
    expect(answer.outputs[0]?.bytes).toEqual(Uint8Array.of(1, 1))
    expect(answer.outputs[1]?.data).toEqual([1, 2])
    expect(answer.outputs[2]?.bytes).toEqual(Uint8Array.of(1, 2, 255))
  })

  test('trap 1, 2: takes binary tensors with no content-type, and gives all outputs binary when asked so', async () => {
    const { bytes } = SAMPLES.FP32 ?? { bytes: new Uint8Array(0) }
    const { body, headers } = inferRequest(
      withOthersEmpty({ name: 'fp32', datatype: 'FP32', shape: [2, 2], bytes }),
      { parameters: { binary_data_output: true } },
    )
    for (const type of ['', 'text/plain', 'application/json', 'application/octet-stream']) {
      const response = await send({ body, headers: { ...headers, 'content-type': type } })
      expect(response.headers.get('content-type')).toBe('application/octet-stream')
      const { outputs } = await readInferAnswer(response)
      expect(outputs.length).toBe(specs.length)
      expect(outputs.every((output) => output.bytes !== undefined)).toBe(true)
    }
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const)(
    'trap 3: takes a body compressed with %s, JSON and binary',
    async (encoding, compress) => {
      const { bytes } = SAMPLES.FP32 ?? { bytes: new Uint8Array(0) }
      const tensor = { name: 'fp32', datatype: 'FP32', shape: [2, 2] }
      for (const input of [
        { ...tensor, bytes },
        { ...tensor, data: [0.5, -1.25, 0, 3] },
      ]) {
        const { body, headers } = inferRequest(withOthersEmpty(input), {
          outputs: [{ name: 'fp32_out' }],
        })
        const response = await send({
          body: compress(body),
          headers: { ...headers, 'content-encoding': encoding },
        })
        expect((await readInferAnswer(response)).outputs[0]?.data).toEqual([0.5, -1.25, 0, 3])
      }
    },
  )

  test('refuses compression that is damaged, unknown, or inflates beyond the limit', async () => {
    const encoded = (encoding: string, body: Uint8Array) =>
      send({ body, headers: { 'content-encoding': encoding } })
    await expectOipError(encoded('gzip', Buffer.from('not gzip')), 400, 'invalid_request')
    await expectOipError(encoded('deflate', gzipSync('{}')), 400, 'invalid_request')
    await expectOipError(encoded('gzip', gzipSync('{}').subarray(0, 15)), 400, 'invalid_request')
    await expectOipError(encoded('br', Buffer.from('x')), 415, 'media_type_unsupported')
    const bomb = gzipSync(new Uint8Array(64 * 1024 * 1024))
    expect(bomb.byteLength).toBeLessThan(100_000)
    await expectOipError(encoded('gzip', bomb), 413, 'payload_too_large')
  })

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
        inputs: specs,
        outputs: echo.manifest.outputs,
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
      const { model_stats: all } = (await response.json()) as { model_stats: [Counted] } // as: checked below
      return all[0]
    }
    const before = await statistics()
    await infer(withOthersEmpty(fp32([1, 2, 3, 4], [4, 1])), { outputs: [{ name: 'fp32_out' }] })
    const after = await statistics()
    expect(after).toMatchObject({ name: 'echo-model', version: '1' })
    expect(after.execution_count - before.execution_count).toBe(1)
    expect(after.inference_stats.success.count - before.inference_stats.success.count).toBe(1)
    expect(after.last_inference).toBeGreaterThan(Date.now() - 60_000)
    const all = (await (await get('/v2/models/stats')).json()) as { model_stats: Counted[] } // as: checked below
    expect(all.model_stats.map(({ name }) => name)).toContain('echo-model')
  })

  test('trap 9, 12: ignores fields that clients add, echoes the id, and always says which model answered', async () => {
    const answer = await infer(withOthersEmpty(fp32([1], [1, 1])), {
      model_name: 'echo-model',
      model_version: null,
      id: '5f0c',
      parameters: { priority: 1, sequence_id: 7, anything: { nested: [1] } },
      outputs: [{ name: 'fp32_out', shape: [1] }],
    })
    expect(answer).toMatchObject({ model_name: 'echo-model', model_version: '1', id: '5f0c' })
    const { id } = await infer(withOthersEmpty(fp32([1], [1, 1])), {
      outputs: [{ name: 'fp32_out' }],
    })
    expect(id).toBeUndefined()
  })

  test('classifies: the best of each row, with labels where there is one for each class', async () => {
    const classified = async (data: number[], shape: number[], k: number, binary: boolean) => {
      const {
        outputs: [output],
      } = await infer(withOthersEmpty(fp32(data, shape)), {
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

  test('refuses texts that are empty, too many, too long, or not text', async () => {
    const text = (data: unknown, shape: number[], more = {}) =>
      send(inferRequest([{ name: 'text', datatype: 'BYTES', shape, data, ...more }]))
    await expectOipError(text([''], [1]), 422, 'invalid_input')
    await expectOipError(
      text(
        Array.from({ length: 65 }, () => 'x'),
        [65],
      ),
      422,
      'invalid_input',
    )
    await expectOipError(text(['x'], [1, 1, 1]), 422, 'invalid_input')
    await expectOipError(text([7], [1]), 422, 'invalid_input')
    await expectOipError(
      text(['***'], [1], { parameters: { content_type: 'base64' } }),
      422,
      'invalid_input',
    )
    await expectOipError(text(['x'.repeat(262_145)], [1]), 413, 'payload_too_large')
    const binary = (bytes: Uint8Array) =>
      send(inferRequest([{ name: 'text', datatype: 'BYTES', shape: [1], bytes }]))
    expect(
      await expectOipError(binary(lengthPrefixed(Uint8Array.of(0x61, 0))), 422, 'invalid_input'),
    ).toMatch(/NUL/)
    expect(
      await expectOipError(binary(lengthPrefixed(Uint8Array.of(0xff))), 422, 'invalid_input'),
    ).toMatch(/UTF-8/)
    expect(
      await expectOipError(binary(Uint8Array.of(9, 0, 0, 0, 1)), 422, 'invalid_input'),
    ).toMatch(/element 0/)
  })

  test('refuses binary tensors whose sizes lie', async () => {
    const sized = (size: unknown, bytes: number) => {
      const json = Buffer.from(
        JSON.stringify({
          inputs: withOthersEmpty({
            name: 'fp32',
            datatype: 'FP32',
            shape: [1, 2],
            parameters: { binary_data_size: size },
          }),
        }),
      )
      return send({
        body: Buffer.concat([json, new Uint8Array(bytes)]),
        headers: { [INFERENCE_HEADER]: String(json.byteLength) },
      })
    }
    await expectOipError(sized(8, 4), 400, 'invalid_request')
    await expectOipError(sized(8, 12), 400, 'invalid_request')
    await expectOipError(sized(4, 4), 422, 'invalid_input')
    await expectOipError(sized(-8, 8), 400, 'invalid_request')
    await expectOipError(sized(8.5, 8), 400, 'invalid_request')
    await expectOipError(sized('8', 8), 400, 'invalid_request')
    await expectOipError(sized(2 ** 60, 8), 400, 'invalid_request')
    const bool = { name: 'bool', datatype: 'BOOL', shape: [1, 2], bytes: Uint8Array.of(1, 2) }
    await expectOipError(send(inferRequest(withOthersEmpty(bool))), 422, 'invalid_input')
    const both = { ...fp32([1], [1, 1]), bytes: new Uint8Array(4) }
    await expectOipError(send(inferRequest(withOthersEmpty(both))), 422, 'invalid_input')
    const neither = { name: 'fp32', datatype: 'FP32', shape: [1, 1] }
    await expectOipError(send(inferRequest(withOthersEmpty(neither))), 422, 'invalid_input')
  })

  test('refuses a header that is no length of JSON', async () => {
    const { body } = inferRequest(withOthersEmpty(fp32([1], [1, 1])))
    for (const length of ['-1', '1e3', 'abc', '99999999', '9'.repeat(30)]) {
      await expectOipError(
        send({ body, headers: { [INFERENCE_HEADER]: length } }),
        400,
        'invalid_request',
      )
    }
  })

  test('refuses integers that would be rounded, and values that are none of the datatype', async () => {
    const one = (datatype: string, literal: string) => {
      const name = datatype.toLowerCase()
      const request = inferRequest(withOthersEmpty({ name, datatype, shape: [1, 1], data: 'HERE' }))
      const body = Buffer.from(
        Buffer.from(request.body).toString().replace('"HERE"', `[${literal}]`),
      )
      return expectOipError(send({ ...request, body }), 422, 'invalid_input')
    }
    await one('INT64', '9223372036854775808')
    await one('UINT64', '18446744073709551616')
    await one('UINT64', '-1')
    await one('INT64', '1e30')
    await one('INT64', '9007199254740993.0')
    await one('INT32', '2147483648')
    await one('UINT8', '1.5')
    await one('FP32', '1e39')
    await one('FP32', '"1"')
    await one('BOOL', '2')
    await one('BYTES', '1')
  })

  test('refuses tensors nested otherwise than their shape, and outputs there are not', async () => {
    const nested = (data: unknown, shape: number[]) =>
      expectOipError(send(inferRequest(withOthersEmpty(fp32(data, shape)))), 422, 'invalid_input')
    await nested([[1, 2], [3]], [2, 2])
    await nested([[1, 2, 3, 4]], [2, 2])
    await nested([[1], [2], [3], [4]], [2, 2])
    await nested([1, 2, [3, 4]], [2, 2])
    await nested([[[1]], [[2]]], [2, 1])
    const wanted = (outputs: unknown[]) =>
      expectOipError(
        send(inferRequest(withOthersEmpty(fp32([1], [1, 1])), { outputs })),
        422,
        'invalid_input',
      )
    expect(await wanted([{ name: 'nothing' }])).toContain('fp32_out')
    await wanted([{ name: 'fp32_out' }, { name: 'fp32_out' }])
    await wanted([{ name: 'bytes_out', parameters: { classification: 1 } }])
  })

  test('says that JSON cannot carry what is not finite, and gives it in binary', async () => {
    const bytes = bytesOf(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY))
    const input = { name: 'fp32', datatype: 'FP32', shape: [1, 2], bytes }
    const sentence = await expectOipError(
      send(inferRequest(withOthersEmpty(input), { outputs: [{ name: 'fp32_out' }] })),
      422,
      'invalid_input',
    )
    expect(sentence).toMatch(/NaN.*binary_data/)
    const {
      outputs: [output],
    } = await infer(withOthersEmpty(input), {
      outputs: [{ name: 'fp32_out', parameters: { binary_data: true } }],
    })
    expect(output?.bytes).toEqual(bytes)
  })

  test('takes a body without JSON as its only input and answers in binary', async () => {
    const picture = new Float32Array(3 * 224 * 224).fill(0.25)
    const response = await send(
      { body: bytesOf(picture), headers: { [INFERENCE_HEADER]: '0' } },
      'echo-image',
    )
    const {
      outputs: [output],
    } = await readInferAnswer(response)
    expect(output).toMatchObject({ datatype: 'FP32', shape: [1, 3, 224, 224] })
    expect(Buffer.compare(output?.bytes ?? Buffer.alloc(0), bytesOf(picture))).toBe(0)
    const raw = (body: Uint8Array, model: string) =>
      expectOipError(
        send({ body, headers: { [INFERENCE_HEADER]: '0' } }, model),
        422,
        'invalid_input',
      )
    await raw(bytesOf(picture).subarray(1), 'echo-image')
    await raw(bytesOf(picture), 'echo-model')
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

describe('BF16', () => {
  test('passes through a Worker bit for bit', async () => {
    const { bytes } = SAMPLES.BF16 ?? { bytes: new Uint8Array(0) }
    const { body, headers } = inferRequest(
      [{ name: 'bf16', datatype: 'BF16', shape: [2, 2], bytes }],
      { parameters: { binary_data_output: true } },
    )
    const response = await fetch(`${nodes.workerUrls['echo-bf16']}/v2/models/echo-bf16/infer`, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    })
    const {
      outputs: [output],
    } = await readInferAnswer(response)
    expect(output).toMatchObject({ datatype: 'BF16', shape: [2, 2] })
    expect(output?.bytes).toEqual(bytes)
  })

  test.skip('passes through a native node: onnxruntime-node 1.30 has no BF16 tensors')
})

interface Counted {
  name: string
  last_inference: number
  execution_count: number
  inference_stats: { success: { count: number } }
}
