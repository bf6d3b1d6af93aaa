/** What a native node and a model Worker refuse at tensor level, each in the words of the protocol. */
import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { MAX_BATCH } from '#shared/task-inputs.ts'

import { describeEchoServers, fp32Input, withOthersEmpty } from './echo-servers.ts'
import { INFERENCE_HEADER, inferRequest, lengthPrefixed } from './oip-request.ts'
import { expectOipError } from './tensor-contract.ts'

describeEchoServers(({ send }) => {
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

  test('refuses texts that are empty, too many, too long, or not text', async () => {
    const text = (data: unknown, shape: number[], more = {}) =>
      send(inferRequest([{ name: 'text', datatype: 'BYTES', shape, data, ...more }]))
    await expectOipError(text([''], [1]), 422, 'invalid_input')
    await expectOipError(
      text(
        Array.from({ length: MAX_BATCH + 1 }, () => 'x'),
        [MAX_BATCH + 1],
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
    const both = { ...fp32Input([1], [1, 1]), bytes: new Uint8Array(4) }
    await expectOipError(send(inferRequest(withOthersEmpty(both))), 422, 'invalid_input')
    const neither = { name: 'fp32', datatype: 'FP32', shape: [1, 1] }
    await expectOipError(send(inferRequest(withOthersEmpty(neither))), 422, 'invalid_input')
  })

  test('refuses a header that is no length of JSON', async () => {
    const { body } = inferRequest(withOthersEmpty(fp32Input([1], [1, 1])))
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
      expectOipError(
        send(inferRequest(withOthersEmpty(fp32Input(data, shape)))),
        422,
        'invalid_input',
      )
    await nested([[1, 2], [3]], [2, 2])
    await nested([[1, 2, 3, 4]], [2, 2])
    await nested([[1], [2], [3], [4]], [2, 2])
    await nested([1, 2, [3, 4]], [2, 2])
    await nested([[[1]], [[2]]], [2, 1])
    const wanted = (outputs: unknown[]) =>
      expectOipError(
        send(inferRequest(withOthersEmpty(fp32Input([1], [1, 1])), { outputs })),
        422,
        'invalid_input',
      )
    expect(await wanted([{ name: 'nothing' }])).toContain('fp32_out')
    await wanted([{ name: 'fp32_out' }, { name: 'fp32_out' }])
    await wanted([{ name: 'bytes_out', parameters: { classification: 1 } }])
  })
})
