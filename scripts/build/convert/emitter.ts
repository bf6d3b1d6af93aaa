import type { Attributes, Edge, ElementType, OnnxGraph } from '#scripts/onnx-graph.ts'

/** ONNX opset that converters write: its Resize and reductions take their axes apart from the ranks. */
export const CONVERTED_OPSET = 18

/** Writes what one foreign operator becomes, under names made of that operator's own. */
export interface Emitter {
  /** Adds an operator of one output and returns it. */
  emit(operator: string, inputs: readonly Edge[], attributes?: Attributes): Edge
  /** Adds an operator of several outputs and returns them. */
  emitMany(
    operator: string,
    inputs: readonly Edge[],
    outputs: number,
    attributes?: Attributes,
  ): readonly Edge[]
  /** INT64 constants, which is what ONNX takes shapes, axes and sizes as; a vector. */
  ints(values: readonly number[]): Edge
  /** FP32 constants; a vector unless `shape` says otherwise. */
  floats(values: readonly number[] | Float32Array, shape?: readonly number[]): Edge
  /** Constants of any type; `bytes` are the values, little-endian. */
  constant(type: ElementType, bytes: Uint8Array, shape: readonly number[]): Edge
}

/** Makes emitters that share one graph and never give a name twice, nor one of `reserved`. */
export function createEmitters(
  graph: OnnxGraph,
  reserved: readonly string[] = [],
): (operatorName: string) => Emitter {
  const taken = new Set(reserved)
  /** The number that each name was given last: thousands of operators may have one name. */
  const numbers = new Map<string, number>()
  const fresh = (name: string) => {
    let candidate = name
    for (let i = numbers.get(name) ?? 1; taken.has(candidate); numbers.set(name, i)) {
      candidate = `${name}_${++i}`
    }
    taken.add(candidate)
    return candidate
  }
  return (operatorName) => ({
    emit: (operator, inputs, attributes) =>
      graph.node(operator, inputs, fresh(`${operatorName}/${operator}`), attributes),
    emitMany: (operator, inputs, outputs, attributes) =>
      graph.nodes(
        operator,
        inputs,
        Array.from({ length: outputs }, () => fresh(`${operatorName}/${operator}`)),
        attributes,
      ),
    ints: (values) => graph.ints(fresh(`${operatorName}/ints`), values),
    floats: (values, shape = [values.length]) =>
      graph.floats(fresh(`${operatorName}/floats`), Float32Array.from(values), shape),
    constant: (type, bytes, shape) => {
      const aligned = bytes.slice() // a view into a file would keep the file alive
      return graph.constant(fresh(`${operatorName}/constant`), type, aligned, shape)
    },
  })
}

/** The constant of one value, as a scalar. */
export function scalar(e: Emitter, value: number): Edge {
  return e.floats([value], [])
}
