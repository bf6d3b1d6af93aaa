import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../emitter.ts'
import { constantFloats, isQuantised } from './constant-floats.ts'
import type { FlatFile } from './flat-file.ts'
import type { TfliteTensor } from './read-model.ts'

/** Which value in the ONNX graph each tensor has so far. */
export class GraphValues {
  readonly #file: FlatFile
  readonly #emitter: Emitter
  readonly #edges = new Map<number, Edge>()
  /** Constants that an operator only widens: who reads the output means the constant. */
  readonly #constants = new Map<number, TfliteTensor>()

  constructor(file: FlatFile, emitter: Emitter) {
    this.#file = file
    this.#emitter = emitter
  }

  /** Gives a tensor its value, which it can have only once. */
  set(tensor: TfliteTensor, edge: Edge, who: string): void {
    this.#requireNew(tensor, who)
    this.#edges.set(tensor.index, edge)
  }

  /** Makes `tensor` another name of a constant. */
  setConstant(tensor: TfliteTensor, constant: TfliteTensor, who: string): void {
    this.#requireNew(tensor, who)
    this.#constants.set(tensor.index, constant)
  }

  /** The constant that a tensor is, or is another name of. */
  findConstant(tensor: TfliteTensor): (TfliteTensor & { data: Uint8Array }) | undefined {
    const constant = this.#constants.get(tensor.index) ?? tensor
    return constant.data && { ...constant, data: constant.data }
  }

  /** The value of a tensor that `who` reads; constants are written when they are first read. */
  edge(tensor: TfliteTensor, who: string): Edge {
    const known = this.#edges.get(tensor.index)
    if (known !== undefined) return known
    const constant = this.findConstant(tensor)
    if (!constant) {
      throw this.#file.error(
        `is damaged: ${who} reads tensor ${tensor.index} '${tensor.name}' before anything gave it a value`,
      )
    }
    const edge = this.#writeConstant(constant, constant.data)
    this.#edges.set(tensor.index, edge)
    return edge
  }

  #writeConstant(tensor: TfliteTensor, data: Uint8Array): Edge {
    const { name, shape, type } = tensor
    if (type.onnx === 'FP32' || type.onnx === 'FP16' || isQuantised(tensor)) {
      return this.#emitter.floats(constantFloats(this.#file, tensor, data), shape)
    }
    if (!type.onnx) {
      throw this.#file.error(`has the constant '${name}' of ${type.name}, which has no conversion`)
    }
    this.#file.spend(data.byteLength, `the constant '${name}'`)
    return this.#emitter.constant(type.onnx, data, shape)
  }

  #requireNew({ index, name, data }: TfliteTensor, who: string): void {
    if (!this.#edges.has(index) && !this.#constants.has(index) && !data) return
    throw this.#file.error(
      `is damaged: ${who} writes tensor ${index} '${name}', which has a value already`,
    )
  }
}
