import { BuildError } from '../build-error.ts'

/** A node of a foreign graph, as messages call it. */
export interface ForeignNode {
  /** The model, e.g. `[image-classifier]`. */
  who: string
  name: string
  operator: string
}

/** What is wrong with one node. */
export function foreignNodeError({ who, name, operator }: ForeignNode, what: string): BuildError {
  return new BuildError(`${who} node '${name}' (${operator}) ${what}`)
}

/** For a node whose operator has no conversion. */
export function unsupportedOperator(node: ForeignNode, known: readonly string[]): BuildError {
  return foreignNodeError(
    node,
    'has no conversion to ONNX.\n' +
      `  Operators that have one: ${known.toSorted().join(', ')}\n` +
      '  Leave the part that needs it to the codec, by naming an earlier tensor as output, or write a recipe.',
  )
}
