import onnxProto from 'onnx-proto'

import { ONNX_TYPE } from '#shared/onnx-type.ts'
import { elementCount, type Datatype } from '#shared/tensor.ts'

const { onnx } = onnxProto

/** IR version 8 goes with opset 13 up to 17; ORT 1.30 reads both. */
const IR_VERSION = 8
const DEFAULT_OPSET = 13

export type ElementType = Datatype

/** The name of a tensor in the graph. */
export type Edge = string

/** What an operator is told besides its inputs: whole numbers, text, or fractions by name of their kind. */
export type Attribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly floats: readonly number[] }
export type Attributes = Readonly<Record<string, Attribute>>

export interface OnnxGraph {
  input(name: string, type: ElementType, shape: readonly number[]): Edge
  /** Without a shape it is whatever comes out; a reader infers it. */
  output(edge: Edge, type: ElementType, shape?: readonly number[]): void
  floats(name: string, values: Float32Array, shape: readonly number[]): Edge
  ints(name: string, values: readonly number[]): Edge
  int8s(name: string, values: Int8Array, shape: readonly number[]): Edge
  /** A constant of any type; `bytes` are its values, little-endian. */
  constant(name: string, type: ElementType, bytes: Uint8Array, shape: readonly number[]): Edge
  /** Adds an operator and returns its output, called `name`. */
  node(operator: string, inputs: readonly Edge[], name: string, attributes?: Attributes): Edge
  /** Adds an operator of several outputs and returns them. */
  nodes(
    operator: string,
    inputs: readonly Edge[],
    outputs: readonly string[],
    attributes?: Attributes,
  ): readonly Edge[]
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

  const valueInfo = (edge: Edge, type: ElementType, shape?: readonly number[]) =>
    onnx.ValueInfoProto.create({
      name: edge,
      type: {
        tensorType: {
          elemType: ONNX_TYPE[type],
          ...(shape ? { shape: { dim: shape.map((dim, i) => dimension(dim, edge, i)) } } : {}),
        },
      },
    })

  const dimension = (dim: number, edge: Edge, axis: number) =>
    dim === -1 ? { dimParam: `${edge}_${axis}` } : { dimValue: dim }

  const addNode = (
    operator: string,
    inputs: readonly Edge[],
    outputs: readonly Edge[],
    attributes: Attributes,
  ) => {
    graph.node.push({
      opType: operator,
      name: outputs[0] ?? '',
      input: [...inputs],
      output: [...outputs],
      attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
    })
  }
  const addConstant = (
    edge: Edge,
    type: ElementType,
    { buffer, byteOffset, byteLength }: ArrayBufferView,
    shape: readonly number[],
  ) => {
    const rawData = new Uint8Array(buffer, byteOffset, byteLength)
    graph.initializer.push({ name: edge, dims: [...shape], dataType: ONNX_TYPE[type], rawData })
    return edge
  }

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
      return addConstant(edge, 'FP32', values, shape)
    },
    ints: (edge, values) =>
      addConstant(edge, 'INT64', BigInt64Array.from(values, BigInt), [values.length]),
    int8s: (edge, values, shape) => addConstant(edge, 'INT8', values, shape),
    constant: addConstant,
    node(operator, inputs, output, attributes = {}) {
      addNode(operator, inputs, [output], attributes)
      return output
    },
    nodes(operator, inputs, outputs, attributes = {}) {
      addNode(operator, inputs, outputs, attributes)
      return outputs
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

function attributeProto(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  const { INT, INTS, FLOAT, FLOATS, STRING } = onnx.AttributeProto.AttributeType
  if (typeof value === 'number') return { name, type: INT, i: value }
  if (typeof value === 'string') return { name, type: STRING, s: new TextEncoder().encode(value) }
  if ('float' in value) return { name, type: FLOAT, f: value.float }
  if ('floats' in value) return { name, type: FLOATS, floats: [...value.floats] }
  return { name, type: INTS, ints: [...value] }
}
