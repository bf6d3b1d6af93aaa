import { version_cpu as version } from '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'

import type { Tensor } from '#shared/tensor.ts'

import { BuildError } from '../build-error.ts'
import type { ForeignModel } from './converter.ts'
import type { WeightsManifest } from './tfjs-model-json.ts'

/** What runs the original. */
export const TFJS_RUNTIME = `tfjs-backend-cpu ${version}`

/** tfjs' names of datatypes, by ours. */
const TFJS_TYPE = { FP32: 'float32', INT32: 'int32', BOOL: 'bool' } as const

/** Makes tfjs compute on the CPU, without an advertisement. */
export async function startTfjs(): Promise<void> {
  tf.enableProdMode()
  await tf.setBackend('cpu')
}

/** A model in memory, so that tfjs fetches nothing. Weights are decoded by tfjs, not by us. */
export async function fromMemory(
  modelTopology: object,
  manifest: WeightsManifest,
  files: ForeignModel['files'],
): Promise<tf.io.IOHandler> {
  const weightData = manifest.flatMap(({ paths }) =>
    paths.map((path) => files[path] ?? new Uint8Array()),
  )
  await startTfjs()
  return {
    load: async () => ({
      modelTopology,
      // as: the schema allows each of tfjs' own datatypes, and more of their combinations
      weightSpecs: manifest.flatMap(({ weights }) => weights) as tf.io.WeightsManifestEntry[],
      weightData: Uint8Array.from(Buffer.concat(weightData)).buffer,
    }),
  }
}

export function toTfjs(who: string, name: string, { datatype, shape, data }: Tensor): tf.Tensor {
  if (datatype !== 'FP32' && datatype !== 'INT32' && datatype !== 'BOOL') {
    throw new BuildError(`${who} input '${name}' is ${datatype}, which tfjs doesn't have`)
  }
  // as: the datatype says which array it is, and these three have no 64-bit numbers
  const values = data as Float32Array | Int32Array | Uint8Array
  return tf.tensor(values, [...shape], TFJS_TYPE[datatype])
}

export async function fromTfjs(tensor: tf.Tensor): Promise<Tensor> {
  const data = await tensor.data()
  const { shape } = tensor
  if (data instanceof Float32Array) return { datatype: 'FP32', shape, data }
  if (tensor.dtype === 'bool') return { datatype: 'BOOL', shape, data: Uint8Array.from(data) }
  return { datatype: 'INT32', shape, data: Int32Array.from(data) }
}
