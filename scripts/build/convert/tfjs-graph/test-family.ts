import { describe, expect, test } from 'vitest'

import type { Datatype } from '#shared/tensor.ts'

import { compareConversion } from '../compare-conversion.ts'
import { converter } from './converter.ts'
import {
  floats,
  graphModel,
  inputsOf,
  typeOf,
  type FixtureAttribute,
  type Operand,
} from './graph-fixture.ts'
import type { OperatorFamily } from './operator.ts'

/** Other orders of sums and fused multiply-adds round otherwise. */
const MAX_DIFFERENCE = 1e-5

/** One node over these operands. */
export interface OperatorCase {
  op: string
  /** What is particular to the case. */
  about?: string
  inputs: readonly Operand[]
  attr?: Readonly<Record<string, FixtureAttribute>>
  /** Datatypes of the outputs; one FP32 when absent. */
  gives?: readonly Datatype[]
}

/** Declares a test of each case, against tfjs, and that every operator of the family has one. */
export function testFamily(family: OperatorFamily, cases: readonly OperatorCase[]): void {
  describe('converts as tfjs computes it:', () => {
    test.each(cases.map((item, i) => [`${item.op} ${item.about ?? `(${i})`}`, item] as const))(
      '%s',
      async (_, item) => {
        const { model, inputs } = await modelOf(item)
        const result = await compareConversion(converter, model, inputs)
        expect(result.maxRelative).toBeLessThanOrEqual(MAX_DIFFERENCE)
        expect(Object.keys(result.outputs)).toHaveLength(model.outputs.length)
      },
    )

    test('every operator of the family', () => {
      const tested = new Set(cases.map(({ op }) => op))
      const untested = Object.keys(family).filter((op) => !tested.has(op))
      expect(untested).toEqual([])
    })
  })
}

/** A graph of the one node, with outputs of the shapes that tfjs gives. */
async function modelOf({ op, inputs, attr = {}, gives = ['FP32'] }: OperatorCase) {
  const operands = Object.fromEntries(inputs.map((operand, i) => [`in${i}`, operand]))
  // a graph must take something, if only what nothing uses
  const unused = inputs.every(({ constant }) => constant) ? { unused: floats(() => 0, [1]) } : {}
  const all = { ...operands, ...unused }
  const [first] = inputs
  const node = {
    name: 'node',
    op,
    input: Object.keys(operands),
    attr: { ...(first ? { T: typeOf(first) } : {}), ...attr },
  }
  const names = gives.map((datatype, i) => ({ name: `node:${i}`, datatype, shape: [] }))
  const original = await converter.loadOriginal?.(graphModel([node], all, names))
  const answer = original && 'run' in original ? await original.run(inputsOf(all)) : {}
  const outputs = names.map(({ name, datatype }) => ({
    name,
    datatype,
    shape: [...(answer[name]?.shape ?? [])],
  }))
  return { model: graphModel([node], all, outputs), inputs: inputsOf(all) }
}
