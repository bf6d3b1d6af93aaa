import type { Edge } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../emitter.ts'
import type { FlatTable } from './flat-table.ts'
import type { TfliteTensor } from './read-model.ts'
import type { OptionsField, OptionsName } from './schema.ts'

/** What the conversion of one operator is given. */
export interface OperatorScope extends Emitter {
  /** How many inputs it has, optional ones included. */
  readonly inputCount: number
  readonly outputs: readonly TfliteTensor[]
  /** The first output, which nearly all have alone. */
  readonly output: TfliteTensor
  input(i: number): TfliteTensor
  /** The value of input `i` in the ONNX graph. */
  edge(i: number): Edge
  /** The same, undefined where the operator leaves the input out. */
  findEdge(i: number): Edge | undefined
  /** The integers of a constant input, such as a shape. */
  integers(i: number): readonly number[]
  /** The only integer of a constant input, such as an axis. */
  integer(i: number): number
  options<Name extends OptionsName>(name: Name): FlatTable<OptionsField<Name>>
  customOptions(): DataView
  /** What is wrong with this operator, for throwing. */
  error(what: string): Error
}

/** Writes one operator's equivalent and returns its outputs. */
export type ConvertOperator = (op: OperatorScope) => Edge | readonly Edge[]

/** Conversions by the operator's name. */
export type OperatorFamily = Readonly<Record<string, ConvertOperator>>
