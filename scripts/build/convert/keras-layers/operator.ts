import type { z } from 'zod'

import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../emitter.ts'
import type { ForeignNode } from '../foreign-node-error.ts'
import type { Weight } from '../tfjs-weights.ts'

/** A layer's result; Keras names axes from the first, so that who takes it must know how many there are. */
export interface LayerTensor {
  edge: Edge
  rank: number
}

/** A call of a layer as the layer's conversion sees it. */
export interface LayerCall extends ForeignNode {
  readonly inputs: readonly LayerTensor[]
  /** The first input. */
  readonly x: LayerTensor
  /** What the layer's config says, as far as the schema asks. Throws BuildError that names the field. */
  config<T>(schema: z.ZodType<T>): T
  /** A weight by its own name, e.g. `kernel`. Throws BuildError where it isn't there. */
  weight(name: string): Edge
  /** The same, to compute with while converting; -1 in a shape is any size. */
  requireValues(name: string, shape?: readonly number[]): Weight
}

/** Writes one call of a layer. */
export type ConvertLayer = (e: Emitter, call: LayerCall) => LayerTensor

/** A family of layers by their Keras class names. */
export type LayerFamily = Readonly<Record<string, ConvertLayer>>
