import { expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'
import { elementCount, type Datatype, type Tensor } from '#shared/tensor.ts'

import { compareConversion } from '../compare-conversion.ts'
import { converter } from './converter.ts'
import type { OperatorFamily } from './operator-scope.ts'
import { writeTflite, type OperatorToWrite, type TensorToWrite } from './write-tflite.ts'

/** Rounding of sums in another order; what a wrong conversion is off by is far above. */
const MOST_RELATIVE = 2e-5

/** The types of outputs that are compared as they are: LiteRT.js gives no others, which are cast. */
const GIVEN: Readonly<Record<string, Datatype>> = {
  FLOAT32: 'FP32',
  INT32: 'INT32',
  UINT8: 'UINT8',
}

/** What goes in: `in` is given when the graph runs, the rest is constant; floats are random. */
export type Operand =
  | { in: readonly number[]; type?: 'INT32' | 'UINT8'; range?: readonly [number, number] }
  | { floats: readonly number[]; range?: readonly [number, number] }
  | { ints: readonly number[]; shape?: readonly number[] }
  | { bools: readonly number[] }
  | 'absent'

/** One operator by itself. */
export interface OperatorCase extends Pick<
  OperatorToWrite,
  'options' | 'customOptions' | 'version'
> {
  operator: string
  /** What is particular to the case. */
  about?: string
  operands: readonly Operand[]
  /** Shapes of the outputs. */
  outputs: readonly (readonly number[])[]
  outputType?: string
  /** Casts the outputs to floats though LiteRT.js gives their type. */
  isCast?: true
}

/** The shape of most operands: sides that differ, and are odd. */
export const image = [1, 5, 7, 4] as const
export const x = { in: image } as const
export const positive = { in: image, range: [0.1, 4] } as const
/** Options of an operator that applies no activation. */
export const none = { fused_activation_function: 0 }

/**
 * Runs every case on random numbers in LiteRT and, converted, in ONNX Runtime, and compares; then
 * checks that the family has no operator without a case but those of `untested`.
 */
export function testOperators(
  family: OperatorFamily,
  cases: readonly OperatorCase[],
  untested: readonly string[] = [],
): void {
  const titled = cases.map((each) => ({
    ...each,
    title: [each.operator, each.about].filter(Boolean).join(', '),
  }))
  test.each(titled)('converts $title', async (given) => {
    const { model, inputs } = writeCase(given)
    const { outputs, maxRelative } = await compareConversion(converter, model, inputs)
    expect(Object.keys(outputs)).toHaveLength(given.outputs.length)
    expect(maxRelative).toBeLessThan(MOST_RELATIVE)
  })

  test('has a case of each operator', () => {
    const tested = new Set([...cases.map(({ operator }) => operator), ...untested])
    expect(Object.keys(family).filter((operator) => !tested.has(operator))).toEqual([])
  })
}

function writeCase({ operands, outputs, outputType = 'FLOAT32', isCast, ...given }: OperatorCase) {
  const random = seededRandom(7)
  const inputs: Record<string, Tensor> = {}
  const tensors: TensorToWrite[] = []
  const add = (tensor: TensorToWrite) => tensors.push(tensor) - 1

  const operandIndices = operands.map((operand, i) => {
    if (operand === 'absent') return -1
    const name = `operand${i}`
    const constant = toConstant(operand, random)
    if (constant) return add({ name, ...constant })
    if (!('in' in operand)) throw new Error('an operand is either constant or given')
    const { in: shape, type = 'FLOAT32', range } = operand
    const values = randomFloats(elementCount(shape), random, range)
    inputs[name] = toTensor(type, shape, values)
    return add({ name, type, shape })
  })
  const results = outputs.map((shape, i) => add({ name: `result${i}`, type: outputType, shape }))
  const datatypeGiven = isCast ? undefined : GIVEN[outputType]
  const casts = datatypeGiven ? [] : results
  const cast = casts.map((from, i) => ({
    name: 'CAST',
    inputs: [from],
    outputs: [add({ name: `float${i}`, shape: outputs[i] ?? [] })],
  }))
  const answers = cast.length === 0 ? results : cast.flatMap((operator) => operator.outputs)
  const file = writeTflite({
    tensors,
    inputs: operandIndices.filter((i) => tensors[i] && !tensors[i].data),
    outputs: answers,
    operators: [
      { name: given.operator, inputs: operandIndices, outputs: results, ...given },
      ...cast,
    ],
  })
  const model = {
    who: '[case]',
    files: { model: file },
    inputs: Object.entries(inputs).map(([name, { datatype, shape }]) => ({
      name,
      datatype,
      shape: [...shape],
    })),
    outputs: answers.map((index) => ({
      name: tensors[index]?.name ?? '',
      datatype: datatypeGiven ?? ('FP32' as const),
      shape: [...(tensors[index]?.shape ?? [])],
    })),
  }
  return { model, inputs }
}

function toTensor(type: string, shape: readonly number[], values: Float32Array): Tensor {
  if (type === 'INT32') return { datatype: 'INT32', shape, data: Int32Array.from(values) }
  if (type === 'UINT8') return { datatype: 'UINT8', shape, data: Uint8Array.from(values) }
  return { datatype: 'FP32', shape, data: values }
}

function toConstant(
  operand: Exclude<Operand, 'absent'>,
  random: () => number,
): Omit<TensorToWrite, 'name'> | undefined {
  if ('ints' in operand) {
    const { ints, shape = [ints.length] } = operand
    return { type: 'INT32', shape, data: new Uint8Array(Int32Array.from(ints).buffer) }
  }
  if ('bools' in operand) {
    const { bools: shape } = operand
    const data = Uint8Array.from({ length: elementCount(shape) }, () => (random() < 0.5 ? 1 : 0))
    return { type: 'BOOL', shape, data }
  }
  if ('floats' in operand) {
    const { floats: shape, range } = operand
    return { shape, data: new Uint8Array(randomFloats(elementCount(shape), random, range).buffer) }
  }
  return undefined
}

function randomFloats(
  length: number,
  random: () => number,
  [low, high]: readonly [number, number] = [-2, 2],
): Float32Array {
  return Float32Array.from({ length }, () => low + (high - low) * random())
}
