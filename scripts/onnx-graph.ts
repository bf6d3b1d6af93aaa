import onnxProto from 'onnx-proto'

import { elementCount } from '#shared/tensor.ts'

const { onnx } = onnxProto

/** IR version 8 goes with opset 13 up to 17; ORT 1.30 reads both. */
const IR_VERSION = 8
const DEFAULT_OPSET = 13

/** ONNX element types by our datatype names, for the few that recipes need. */
const ELEMENT_TYPE = { FP32: 1, INT8: 3, INT64: 7 } as const
type ElementType = keyof typeof ELEMENT_TYPE

/** The name of a tensor in the graph. */
export type Edge = string

export interface OnnxGraph {
  input(name: string, type: ElementType, shape: readonly number[]): Edge
  output(edge: Edge, type: ElementType, shape: readonly number[]): void
  floats(name: string, values: Float32Array, shape: readonly number[]): Edge
  ints(name: string, values: readonly number[]): Edge
  int8s(name: string, values: Int8Array, shape: readonly number[]): Edge
  /** Adds an operator and returns its output, called `name`. */
  node(
    operator: string,
    inputs: readonly Edge[],
    name: string,
    attributes?: Readonly<Record<string, number | readonly number[]>>,
  ): Edge
  bytes(): Uint8Array
}

/**
 * Writes an ONNX graph for a recipe; -1 in a shape is a dimension the caller chooses. The same calls
 * give the same bytes.
 *
 * @example
 * const g = onnxGraph('linear')
 * const y = g.node('MatMul', [g.input('x', 'FP32', [-1, 2]), g.floats('w', weights, [2, 1])], 'y')
 * g.output(y, 'FP32', [-1, 1])
 */
export function onnxGraph(name: string, opset = DEFAULT_OPSET): OnnxGraph {
  const graph = onnx.GraphProto.create({ name, input: [], output: [], node: [], initializer: [] })

  const valueInfo = (edge: Edge, type: ElementType, shape: readonly number[]) =>
    onnx.ValueInfoProto.create({
      name: edge,
      type: {
        tensorType: {
          elemType: ELEMENT_TYPE[type],
          shape: {
            dim: shape.map((dim, i) =>
              dim === -1 ? { dimParam: `${edge}_${i}` } : { dimValue: dim },
            ),
          },
        },
      },
    })

  return {
    input(edge, type, shape) {
      graph.input.push(valueInfo(edge, type, shape))
      return edge
    },
    output(edge, type, shape) {
      graph.output.push(valueInfo(edge, type, shape))
    },
    floats(edge, values, shape) {
      if (values.length !== elementCount(shape)) {
        throw new Error(
          `${edge} has ${values.length} values; shape [${shape}] needs ${elementCount(shape)}`,
        )
      }
      const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      graph.initializer.push({ name: edge, dims: [...shape], dataType: ELEMENT_TYPE.FP32, rawData })
      return edge
    },
    ints(edge, values) {
      const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
      graph.initializer.push({
        name: edge,
        dims: [values.length],
        dataType: ELEMENT_TYPE.INT64,
        rawData,
      })
      return edge
    },
    int8s(edge, values, shape) {
      const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      graph.initializer.push({ name: edge, dims: [...shape], dataType: ELEMENT_TYPE.INT8, rawData })
      return edge
    },
    node(operator, inputs, output, attributes = {}) {
      graph.node.push({
        opType: operator,
        name: output,
        input: [...inputs],
        output: [output],
        attribute: Object.entries(attributes).map(([key, value]) =>
          typeof value === 'number'
            ? { name: key, type: onnx.AttributeProto.AttributeType.INT, i: value }
            : { name: key, type: onnx.AttributeProto.AttributeType.INTS, ints: [...value] },
        ),
      })
      return output
    },
    bytes() {
      return onnx.ModelProto.encode({
        irVersion: IR_VERSION,
        producerName: 'capillary',
        opsetImport: [{ domain: '', version: opset }],
        graph,
      }).finish()
    },
  }
}
