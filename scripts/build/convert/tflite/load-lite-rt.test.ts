/** What of a model LiteRT can be asked, on graphs that cast. */
import { expect, test } from 'vitest'

import type { Datatype } from '#shared/tensor.ts'

import { compareConversion } from '../compare-conversion.ts'
import { converter } from './converter.ts'
import { writeTflite } from './write-tflite.ts'

const x = { datatype: 'FP32' as const, shape: [4], data: Float32Array.of(1, 0, 2.5, 200) }

/** Casts `x` to each of these types of TensorFlow Lite, as outputs of their names. */
function casting(types: readonly string[], outputs: Readonly<Record<string, Datatype>>) {
  return {
    who: '[test]',
    files: {
      model: writeTflite({
        tensors: [
          { name: 'x', shape: [4] },
          ...types.map((type) => ({ name: type, type, shape: [4] })),
        ],
        inputs: [0],
        outputs: types.map((_, i) => i + 1),
        operators: types.map((_, i) => ({ name: 'CAST', inputs: [0], outputs: [i + 1] })),
      }),
    },
    inputs: [{ name: 'x', datatype: 'FP32' as const, shape: [4] }],
    outputs: Object.entries(outputs).map(([name, datatype]) => ({ name, datatype, shape: [4] })),
  }
}

test('compares only the outputs that the manifest names', async () => {
  const model = casting(['FLOAT32', 'INT32', 'UINT8'], { INT32: 'INT32' })
  const { outputs, maxAbsolute } = await compareConversion(converter, model, { x })
  expect(Object.keys(outputs)).toEqual(['INT32'])
  expect(maxAbsolute).toBe(0)
})

test.each(['BOOL', 'INT64', 'INT8', 'FLOAT16'])(
  'has no original to run where the file has an output of %s, named or not',
  async (type) => {
    const model = casting(['INT32', type], { INT32: 'INT32' })
    expect(await converter.loadOriginal?.(model)).toEqual({
      missing: `LiteRT.js carries no ${type}, as '${type}' is`,
    })
  },
)

test('refuses an input that is not given, or is of a datatype that LiteRT is not given', async () => {
  const original = await converter.loadOriginal?.(casting(['INT32'], { INT32: 'INT32' }))
  if (!original || !('run' in original)) throw new Error('LiteRT runs this graph')
  await expect(original.run({})).rejects.toThrow(/\[test\] was given no input 'x'/)
  const wide = { ...x, datatype: 'INT64' as const, data: BigInt64Array.of(1n, 2n, 3n, 4n) }
  await expect(original.run({ x: wide })).rejects.toThrow(
    /\[test\] takes 'x' as INT64, which LiteRT.js can't be given/,
  )
})
