import { z } from 'zod'

import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import type { RemoteManifest } from '#shared/remote-manifest.ts'

import { tensor } from '../doors/tensor.ts'
import type { GoldenExample } from './example-call.ts'

const Outputs = z.looseObject({
  outputs: z.array(
    z.looseObject({
      name: z.string(),
      shape: z.array(z.number()),
      data: z.array(z.unknown()),
    }),
  ),
})

/** The examples of a model that another server has, in tensors as JSON: every such server takes them. */
export function tensorExamples({ examples }: RemoteManifest): GoldenExample[] {
  return examples.map(({ name, inputs, outputs, tolerance }) => ({
    name,
    prepare: async () => ({
      door: tensor,
      headers: { 'content-type': 'application/json' },
      body: new TextEncoder().encode(JSON.stringify({ inputs })),
      expected: Object.fromEntries(
        outputs.map((own) => [own.name, { shape: own.shape, data: own.data }]),
      ),
      tolerance,
      read: ({ contentType }, bytes) => {
        if (contentType !== 'application/json') {
          throw new MeshError('bad_gateway', 'it answers bytes where JSON was sent')
        }
        return namedOutputs(
          bytes,
          outputs.map((own) => own.name),
        )
      },
    }),
  }))
}

/** Those that the example names: a server may give others besides. */
function namedOutputs(bytes: Uint8Array, names: readonly string[]): unknown {
  const parsed = Outputs.safeParse(parseJson(bytes, 'its answer'))
  if (!parsed.success) {
    throw new MeshError('bad_gateway', 'its answer has no outputs of the Open Inference Protocol')
  }
  const { outputs } = parsed.data
  return Object.fromEntries(
    outputs
      .filter(({ name }) => names.includes(name))
      // some servers nest the rows
      .map(({ name, shape, data }) => [name, { shape, data: data.flat(MAX_DIMENSIONS) }]),
  )
}

/** Of a tensor, as manifests may have them. */
const MAX_DIMENSIONS = 8
