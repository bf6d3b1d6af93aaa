import { join } from 'node:path'

import * as ort from 'onnxruntime-node'

import type { Manifest, TensorSpec } from '#shared/manifest.ts'
import { ortType } from '#shared/ort-tensor.ts'

import { BuildError } from './build-error.ts'

/**
 * Optimises a graph ahead of time and writes `<name>.onnx` to `dir`. `extended` is the most that stays
 * independent of the machine; `all` would bake this processor's layouts in. ONNX rather than ORT format,
 * which lists operators in the order of a hash table: another file each time (docs/decisions/0006).
 */
export async function optimise(
  graph: Uint8Array,
  name: string,
  manifest: Pick<Manifest, 'id' | 'inputs' | 'outputs'>,
  dir: string,
): Promise<void> {
  const session = await ort.InferenceSession.create(graph, {
    graphOptimizationLevel: 'extended',
    optimizedModelFilePath: join(dir, `${name}.onnx`),
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  }).catch((err: unknown) => {
    throw unreadable(err, `[${manifest.id}] graph '${name}'`)
  })
  if (name === 'model') {
    compare(manifest.id, 'inputs', manifest.inputs, session.inputMetadata)
    compare(manifest.id, 'outputs', manifest.outputs, session.outputMetadata)
  }
  await session.release()
}

/** An operator no runtime here knows, or a file that is no graph. */
function unreadable(err: unknown, who: string): BuildError {
  const message = err instanceof Error ? err.message : String(err)
  return new BuildError(
    `${who} is not a graph that ONNX Runtime ${ort.env.versions.common} can load: ${message}\n` +
      '  Export it again with an opset up to 23 and standard operators.',
    { cause: err },
  )
}

function compare(
  id: string,
  side: 'inputs' | 'outputs',
  claimed: readonly TensorSpec[],
  actual: readonly ort.InferenceSession.ValueMetadata[],
): void {
  const found = actual.map(describeActual)
  const matches =
    claimed.length === actual.length &&
    claimed.every((spec) => actual.some((value) => fits(spec, value)))
  if (matches) return
  throw new BuildError(
    `[${id}] manifest.json names other ${side} than the graph has\n` +
      `  manifest: ${claimed.map((spec) => `${spec.name} ${spec.datatype}[${spec.shape}]`).join(', ')}\n` +
      `  graph:    ${found.join(', ')}`,
  )
}

/** A dimension that is free in the graph may be fixed by the manifest, not the other way round. */
function fits(spec: TensorSpec, value: ort.InferenceSession.ValueMetadata): boolean {
  if (!value.isTensor || value.name !== spec.name || value.type !== ortType(spec.datatype))
    return false
  if (value.shape.length === 0) return true // unknown rank, or a scalar
  return (
    value.shape.length === spec.shape.length &&
    value.shape.every((dim, i) => typeof dim !== 'number' || dim < 0 || dim === spec.shape[i])
  )
}

function describeActual(value: ort.InferenceSession.ValueMetadata): string {
  return value.isTensor
    ? `${value.name} ${value.type}[${value.shape}]`
    : `${value.name} (no tensor)`
}
