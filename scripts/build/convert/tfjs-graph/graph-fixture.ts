import { binaryBytes } from '#shared/oip/binary-tensor.ts'
import { elementCount, type Datatype, type Tensor, type Tensors } from '#shared/tensor.ts'

import type { ForeignModel } from '../converter.ts'

/** For tests: what a node of a hand-made graph takes. */
export type Operand = Tensor & { constant?: boolean }

/** Attributes as a test writes them; `{ f }` and `{ type }` as GraphDef has them. */
export type FixtureAttribute =
  | number
  | string
  | boolean
  | readonly number[]
  | readonly string[]
  | { f: number }
  | { type: string }

export interface FixtureNode {
  name: string
  op: string
  input?: readonly string[]
  attr?: Readonly<Record<string, FixtureAttribute>>
}

const TFJS_TYPE: Partial<Record<Datatype, string>> = {
  FP32: 'float32',
  INT32: 'int32',
  BOOL: 'bool',
}
const DATA_TYPE: Partial<Record<Datatype, string>> = {
  FP32: 'DT_FLOAT',
  INT32: 'DT_INT32',
  BOOL: 'DT_BOOL',
}

/** A tfjs graph model of these nodes; operands become placeholders and constants of their names. */
export function graphModel(
  nodes: readonly FixtureNode[],
  operands: Readonly<Record<string, Operand>>,
  outputs: ForeignModel['outputs'],
): ForeignModel {
  const constants = Object.entries(operands).filter(([, { constant }]) => constant)
  const free = Object.entries(operands).filter(([, { constant }]) => !constant)
  const topology = [
    ...free.map(([name, { datatype, shape }]) => ({
      name,
      op: 'Placeholder',
      attr: {
        dtype: { type: DATA_TYPE[datatype] },
        shape: { shape: { dim: shape.map((size) => ({ size: `${size}` })) } },
      },
    })),
    ...constants.map(([name]) => ({ name, op: 'Const', attr: {} })),
    ...nodes.map(({ name, op, input = [], attr = {} }) => ({
      name,
      op,
      input,
      attr: Object.fromEntries(
        Object.entries(attr).map(([key, value]) => [key, attributeJson(value)]),
      ),
    })),
  ]
  const weights = constants.map(([name, { datatype, shape }]) => ({
    name,
    shape,
    dtype: TFJS_TYPE[datatype],
  }))
  const shard = Buffer.concat(constants.map(([, tensor]) => binaryBytes(tensor)))
  const json = {
    modelTopology: { node: topology, versions: { producer: 808 } },
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  }
  return {
    who: '[test]',
    files: { 'model.json': new TextEncoder().encode(JSON.stringify(json)), 'weights.bin': shard },
    inputs: free.map(([name, { datatype, shape }]) => ({ name, datatype, shape: [...shape] })),
    outputs,
  }
}

/** The operands that aren't constants, as the graph's inputs. */
export function inputsOf(operands: Readonly<Record<string, Operand>>): Tensors {
  return Object.fromEntries(
    Object.entries(operands)
      .filter(([, { constant }]) => !constant)
      .map(([name, { constant: _, ...tensor }]) => [name, tensor]),
  )
}

/** The type attribute of an operand. */
export function typeOf({ datatype }: Tensor): { type: string } {
  return { type: DATA_TYPE[datatype] ?? 'DT_INVALID' }
}

/** Numbers from `low` to `high`. */
export function floats(
  random: () => number,
  shape: readonly number[],
  [low, high]: readonly [number, number] = [-2, 2],
): Operand & { data: Float32Array } {
  const length = elementCount(shape)
  const data = Float32Array.from({ length }, () => low + random() * (high - low))
  return { datatype: 'FP32', shape, data }
}

function attributeJson(value: FixtureAttribute): object {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  if (typeof value === 'number') return { i: `${value}` }
  if (typeof value === 'string') return { s: base64(value) }
  if (typeof value === 'boolean') return { b: value }
  if (!Array.isArray(value)) return value
  return typeof value[0] === 'string'
    ? { list: { s: value.map((item) => base64(String(item))) } }
    : { list: { i: value.map(String) } }
}
