import type { Edge, ElementType } from '#scripts/onnx-graph.ts'

import type { Emitter } from '../emitter.ts'
import type { ForeignNode } from '../foreign-node-error.ts'
import type { Weight } from '../tfjs-weights.ts'

/** A node as an operator's conversion sees it. Whatever isn't there or has another type is a BuildError. */
export interface OperatorNode extends ForeignNode {
  readonly inputCount: number
  input(index: number): Edge
  inputs(from?: number, to?: number): Edge[]
  /** The values of an input that is a constant; undefined where it is computed. */
  constant(index: number): Weight | undefined
  /** The whole numbers of an input that must be a constant. */
  requireInts(index: number): number[]
  /** The shape of an input that must be a constant. */
  requireShape(index: number): readonly number[]
  /** An input of whole numbers as INT64, which is what ONNX takes shapes, axes and sizes as. */
  int64(index: number): Edge
  int(attribute: string, otherwise?: number): number
  ints(attribute: string): number[]
  float(attribute: string, otherwise?: number): number
  flag(attribute: string): boolean
  text(attribute: string, otherwise?: string): string
  texts(attribute: string): string[]
  type(attribute: string): ElementType
}

/** Writes one node and returns its output or, where it has several, all of them. */
export type ConvertOperator = (e: Emitter, node: OperatorNode) => Edge | readonly Edge[]

/** A family of operators by their TensorFlow names. */
export type OperatorFamily = Readonly<Record<string, ConvertOperator>>
