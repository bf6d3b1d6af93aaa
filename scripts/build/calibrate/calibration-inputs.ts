import type { Manifest, TensorSpec } from '#shared/manifest.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import {
  DATATYPES,
  elementCount,
  type Datatype,
  type Tensor,
  type Tensors,
} from '#shared/tensor.ts'

const SEED = 7
/** Matrix kernels differ by the rows that are left over; these go through all remainders of 16. */
const BATCHES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 33]
const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64, 100]
/** A batch costs as many times one run; with this many elements the largest still takes about a second. */
const MAX_BATCH_ELEMENTS = 262_144

/** Of an element of BYTES. */
const MAX_TEXT_LENGTH = 64

type Bounds = Pick<Manifest, 'inputs' | 'limits'>

/**
 * What the main graph is calibrated with besides the examples: other values in the example's shapes,
 * free dimensions from the smallest to the largest that the manifest allows, and tensors that are
 * wrong in each way. The same for the same example.
 */
export function* calibrationInputs(
  { inputs, limits }: Bounds,
  example: Tensors,
): Generator<Tensors> {
  yield* otherValues(example)
  yield* otherShapes(inputs, limits.tensorElements, example)
  yield* wrongTensors(example)
}

function* otherValues(example: Tensors): Generator<Tensors> {
  const random = seededRandom(SEED)
  const fills = [
    () => 0,
    () => 1,
    () => -1e30,
    () => 1e30,
    () => Number.NaN,
    () => random() * 2 - 1,
  ]
  for (const fill of fills) {
    yield mapTensors(example, (tensor) =>
      isFloat(tensor.datatype) ? makeTensor(tensor.datatype, tensor.shape, fill) : tensor,
    )
  }
  // of integers the ends of a range, and what lies outside of most
  for (const value of [0, 1, -1, 2 ** 31 - 1]) {
    yield mapTensors(example, (tensor) =>
      isFloat(tensor.datatype) ? tensor : makeTensor(tensor.datatype, tensor.shape, () => value),
    )
  }
}

function* otherShapes(
  specs: readonly TensorSpec[],
  maxElements: number,
  example: Tensors,
): Generator<Tensors> {
  const axes = new Set(
    specs.flatMap(({ shape }) => shape.flatMap((dim, i) => (dim === -1 ? i : []))),
  )
  // a batch is the first free dimension of every input; it is the same for all
  const batched = specs.some(({ shape }) => shape.includes(-1))
  if (!batched) return
  const maxBatchElements = Math.min(MAX_BATCH_ELEMENTS, maxElements)
  const largestBatch = Math.min(
    ...specs.flatMap(({ name, shape }) => {
      const tensor = example[name]
      const axis = shape.indexOf(-1)
      return tensor && axis !== -1 ? [longest(tensor, axis, maxBatchElements)] : []
    }),
  )
  for (const batch of [...BATCHES, largestBatch]) {
    yield* resized(specs, example, maxBatchElements, (spec, axis) =>
      axis === spec.shape.indexOf(-1) ? batch : undefined,
    )
  }
  for (const axis of axes) {
    for (const length of LENGTHS) {
      yield* resized(specs, example, maxElements, (_, at) => (at === axis ? length : undefined))
    }
    // the upper end: as long as this dimension can be with the others as in the example
    if (axis === 0) continue
    yield* resized(specs, example, maxElements, (_, at, tensor) =>
      at === axis ? longest(tensor, at, maxElements) : undefined,
    )
  }
}

/** How long a dimension can be, the others as they are. */
function longest({ shape }: Tensor, axis: number, maxElements: number): number {
  const others = elementCount(shape) / Math.max(shape[axis] ?? 1, 1)
  return Math.max(1, Math.floor(maxElements / Math.max(others, 1)))
}

type ChooseDimension = (spec: TensorSpec, axis: number, tensor: Tensor) => number | undefined

/** The example with its free dimensions chosen anew, unless that makes a tensor too large. */
function* resized(
  specs: readonly TensorSpec[],
  example: Tensors,
  maxElements: number,
  choose: ChooseDimension,
): Generator<Tensors> {
  const result = mapTensors(example, (tensor, name) => {
    const spec = specs.find((candidate) => candidate.name === name)
    if (!spec?.shape.includes(-1)) return tensor
    const shape = tensor.shape.map((dim, axis) =>
      spec.shape[axis] === -1 ? (choose(spec, axis, tensor) ?? dim) : dim,
    )
    const values = tensor.data
    return elementCount(shape) > maxElements
      ? tensor
      : makeTensor(tensor.datatype, shape, (i) => {
          const value = values[i % Math.max(values.length, 1)] ?? 0
          return value instanceof Uint8Array ? value.byteLength : value
        })
  })
  const changed = Object.entries(result).some(([name, tensor]) => tensor !== example[name])
  if (changed) yield result
}

/** What a caller at tensor level may send by mistake, where the manifest's own check lets it through. */
function* wrongTensors(example: Tensors): Generator<Tensors> {
  for (const [name, tensor] of Object.entries(example)) {
    const { [name]: _, ...others } = example
    if (Object.keys(others).length > 0) yield others
    yield { ...example, [name]: { ...tensor, shape: [...tensor.shape, 1] } }
    const [first, ...rest] = tensor.shape
    if (first !== undefined) {
      const none = makeTensor(tensor.datatype, [0, ...rest], () => 0)
      const more = makeTensor(
        tensor.datatype,
        [...tensor.shape.slice(0, -1), (tensor.shape.at(-1) ?? 0) + 1],
        () => 0,
      )
      yield { ...example, [name]: none }
      yield { ...example, [name]: more }
    }
    const other = tensor.datatype === 'FP32' ? 'FP64' : 'FP32'
    yield { ...example, [name]: makeTensor(other, tensor.shape, () => 0) }
  }
}

function mapTensors(tensors: Tensors, map: (tensor: Tensor, name: string) => Tensor): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, map(tensor, name)]),
  )
}

function makeTensor(
  datatype: Datatype,
  shape: readonly number[],
  value: (i: number) => number | bigint,
): Tensor {
  if (datatype === 'BYTES') {
    const text = (_: unknown, i: number) => new TextEncoder().encode('x'.repeat(lengthOf(value(i))))
    return { datatype, shape, data: Array.from({ length: elementCount(shape) }, text) }
  }
  const data = new DATATYPES[datatype](elementCount(shape))
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < data.length; i++) data[i] = BigInt(value(i))
  } else {
    for (let i = 0; i < data.length; i++) data[i] = Number(value(i))
  }
  return { datatype, shape, data }
}

/** A value as the length of a text. */
function lengthOf(value: number | bigint): number {
  return Math.min(Math.abs(Math.trunc(Number(value))) || 0, MAX_TEXT_LENGTH)
}

function isFloat(datatype: Datatype): boolean {
  return datatype === 'FP32' || datatype === 'FP64'
}
