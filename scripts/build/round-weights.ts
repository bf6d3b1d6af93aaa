import onnxProto from 'onnx-proto'

import { BuildError } from './build-error.ts'

const { onnx } = onnxProto

/** Below this many numbers a weight stays as it is: a bias saves little and counts more. */
const MIN_ELEMENTS = 256
/** Float16's largest number (IEEE 754, binary16). */
const MAX_FLOAT16 = 65_504

/**
 * Rounds a graph's large FP32 weights to what float16 holds; they stay FP32. After optimising, since
 * folding one weight into another gives numbers that float16 holds no longer.
 *
 * @param who for messages
 */
export function roundWeights(bytes: Uint8Array, who: string): Uint8Array {
  const model = onnx.ModelProto.decode(bytes)
  for (const { name, dataType, rawData } of model.graph?.initializer ?? []) {
    if (dataType !== onnx.TensorProto.DataType.FLOAT || !rawData) continue
    const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength)
    if (view.byteLength < 4 * MIN_ELEMENTS) continue
    for (let at = 0; at < view.byteLength; at += 4) {
      const value = view.getFloat32(at, true)
      // float16 has infinities of its own
      if (Number.isFinite(value) && Math.abs(value) > MAX_FLOAT16) {
        throw new BuildError(
          `${who} weight '${name}' has ${value}, which float16 doesn't hold: it ends at ${MAX_FLOAT16}.\n` +
            '  Leave "weights" out of manifest.json to store it as float32.',
        )
      }
      view.setFloat32(at, Math.f16round(value), true)
    }
  }
  return onnx.ModelProto.encode(model).finish()
}
