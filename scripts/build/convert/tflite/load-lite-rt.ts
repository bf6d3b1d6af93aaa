import { createRequire } from 'node:module'

import { loadAndCompile, Tensor as LiteRtTensor } from '@litertjs/core'
import { z } from 'zod'

import type { Tensor, Tensors } from '#shared/tensor.ts'

import { BuildError } from '../../build-error.ts'
import type { ForeignModel, NoOriginal, OriginalModel } from '../converter.ts'
import type { TfliteModel } from './read-model.ts'
import { startLiteRt } from './start-lite-rt.ts'

const require = createRequire(import.meta.url)
const Package = z.object({ version: z.string() })

/** Types of the tensors that LiteRT.js can be given and asked for, as the file calls them. */
const CARRIED = new Set(['FLOAT32', 'INT32', 'UINT8'])

/** The model in LiteRT itself, on WebAssembly; it gives what the manifest names of its outputs. */
export async function loadLiteRt(
  bytes: Uint8Array,
  { inputs, outputs }: TfliteModel,
  { who, outputs: named }: ForeignModel,
): Promise<OriginalModel | NoOriginal> {
  const other = [...inputs, ...outputs].find(({ type }) => !CARRIED.has(type.name))
  if (other) return { missing: `LiteRT.js carries no ${other.type.name}, as '${other.name}' is` }
  await startLiteRt()
  const { version } = Package.parse(require('@litertjs/core/package.json'))
  const model = await loadAndCompile(bytes, { accelerator: 'wasm' })
  return {
    runtime: `@litertjs/core ${version}`,
    async run(tensors) {
      const given = model.getInputDetails().map(({ name, shape }) => {
        const tensor = tensors[name]
        if (!tensor) throw new BuildError(`${who} was given no input '${name}'`)
        return toLiteRt(who, name, tensor, shape)
      })
      const results = await model.run(given)
      const answer: Record<string, Tensor> = {}
      for (const [i, { name, shape }] of model.getOutputDetails().entries()) {
        const result = results[i]
        const isNamed = named.some((spec) => spec.name === name)
        if (result && isNamed) answer[name] = fromLiteRt(who, name, result, shape)
      }
      for (const tensor of [...given, ...results]) tensor.delete()
      return answer satisfies Tensors
    },
  }
}

function toLiteRt(
  who: string,
  name: string,
  { data, datatype }: Tensor,
  shape: Int32Array,
): LiteRtTensor {
  if (data instanceof Float32Array) return new LiteRtTensor(data, [...shape])
  if (data instanceof Int32Array) return new LiteRtTensor(data, [...shape])
  if (data instanceof Uint8Array) return new LiteRtTensor(Uint8Array.from(data), [...shape])
  throw new BuildError(`${who} takes '${name}' as ${datatype}, which LiteRT.js can't be given`)
}

function fromLiteRt(who: string, name: string, tensor: LiteRtTensor, shape: Int32Array): Tensor {
  const data = tensor.toTypedArray().slice()
  if (data instanceof Float32Array) return { datatype: 'FP32', shape: [...shape], data }
  if (data instanceof Int32Array) return { datatype: 'INT32', shape: [...shape], data }
  if (data instanceof Uint8Array) return { datatype: 'UINT8', shape: [...shape], data }
  throw new BuildError(`${who} answers '${name}' in a type that LiteRT.js can't give`)
}
