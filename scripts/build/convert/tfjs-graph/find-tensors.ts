import type { z } from 'zod'

import type { TensorSpec } from '#shared/manifest.ts'

import { BuildError } from '../../build-error.ts'
import type { ForeignModel } from '../converter.ts'
import { refuseOtherTensor, type ConvertedSpec } from '../manifest-tensor.ts'
import { toElementType } from './element-type.ts'
import {
  parseTensorName,
  type GraphModel,
  type NodeDef,
  type Signature,
  type TensorName,
} from './graph-def.ts'

/** A tensor of the manifest and what the graph calls it. */
export interface FoundTensor {
  spec: ConvertedSpec
  tensor: TensorName
}

export interface GraphTensors {
  nodes: ReadonlyMap<string, NodeDef>
  inputs: readonly FoundTensor[]
  outputs: readonly FoundTensor[]
}

/**
 * Finds the manifest's tensors in the graph: by what the signature calls them, or as `node` or
 * `node:output`. An output may be any tensor.
 */
export function findTensors(
  { who, inputs, outputs }: Pick<ForeignModel, 'who' | 'inputs' | 'outputs'>,
  { modelTopology, signature, userDefinedMetadata }: z.infer<typeof GraphModel>,
): GraphTensors {
  const nodes = new Map<string, NodeDef>()
  for (const node of modelTopology.node) {
    if (nodes.has(node.name)) throw new BuildError(`${who} has two nodes '${node.name}'`)
    nodes.set(node.name, node)
  }
  const signed = signature ?? userDefinedMetadata?.signature
  const placeholders = modelTopology.node.filter(({ op }) => op === 'Placeholder')

  const find = (spec: TensorSpec, side: keyof Signature) => {
    const tensor = parseTensorName(signed?.[side][spec.name]?.name ?? spec.name)
    const node = nodes.get(tensor.node)
    if (node && (side === 'outputs' || node.op === 'Placeholder')) return { node, tensor }
    const known = new Set(Object.keys(signed?.[side] ?? {}))
    if (side === 'inputs') for (const { name } of placeholders) known.add(name)
    throw new BuildError(
      `${who} has no ${side === 'inputs' ? 'input' : 'tensor'} '${spec.name}'; ` +
        `it has ${Array.from(known).join(', ')}${side === 'outputs' ? ', and every node by its name' : ''}`,
    )
  }
  return {
    nodes,
    inputs: inputs.map((spec) => {
      const { node, tensor } = find(spec, 'inputs')
      const { dtype, shape } = node.attr
      const type = dtype?.type === undefined ? undefined : toElementType(dtype.type)
      const dims =
        shape?.shape && !shape.shape.unknownRank
          ? shape.shape.dim.map(({ size }) => size)
          : undefined
      return { spec: refuseOtherTensor(who, spec, { type, shape: dims }), tensor }
    }),
    outputs: outputs.map((spec) => ({
      spec: refuseOtherTensor(who, spec, {}),
      tensor: find(spec, 'outputs').tensor,
    })),
  }
}
