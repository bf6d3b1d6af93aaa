import type { TensorSpec } from '#shared/manifest.ts'
import type { Tensors } from '#shared/tensor.ts'

/** A model in a foreign format, and what its manifest says of its tensors. */
export interface ForeignModel {
  /** For messages, e.g. `[image-classifier]`. */
  who: string
  /** The format's files by name, verified. */
  files: Readonly<Record<string, Uint8Array>>
  /** The graph's tensors as the manifest names them; -1 is a dimension that stays free. */
  inputs: readonly TensorSpec[]
  outputs: readonly TensorSpec[]
}

/** The framework that the model was published for, to compare the conversion with. */
export interface OriginalModel {
  /** Package and version, e.g. `tfjs-backend-cpu 4.22.0`. */
  runtime: string
  run(inputs: Tensors): Promise<Tensors>
}

/** Why there is nothing to compare a model's conversion with, for the log. */
export interface NoOriginal {
  missing: string
}

/** One foreign format. */
export interface Converter {
  /**
   * The same model as ONNX. Throws BuildError that names the operator and the node where it knows no
   * equivalent.
   */
  convert(model: ForeignModel): Uint8Array
  /** Absent where npm has no runtime of the format that runs in Node. */
  loadOriginal?(model: ForeignModel): Promise<OriginalModel | NoOriginal>
}
