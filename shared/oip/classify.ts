import { MeshError } from '../mesh-error.ts'
import { elementCount, type BytesTensor, type Tensor } from '../tensor.ts'
import { requireWritable } from './write-values.ts'

/** What tells every FP32 from all others. */
const MOST_FP32_DIGITS = 9

/**
 * The `count` best classes of each row, best first, as BYTES `value:index` or `value:index:label`. The
 * first dimension is the batch where there is more than one. Throws `invalid_input` for a tensor whose
 * values have no order here.
 *
 * @param labels used where there are as many as classes
 */
export function classify(
  { datatype, shape, data }: Tensor,
  count: number,
  labels: readonly string[] | undefined,
  who: string,
): BytesTensor {
  if (datatype === 'BYTES' || datatype === 'BOOL' || datatype === 'FP16' || datatype === 'BF16') {
    throw new MeshError('invalid_input', `${who} is ${datatype}, which cannot be classified`)
  }
  const [batch, classes] =
    shape.length > 1 ? [shape[0] ?? 0, elementCount(shape.slice(1))] : [1, elementCount(shape)]
  const best = Math.min(count, classes)
  const wanted: readonly number[] = shape.length > 1 ? [batch, best] : [best]
  // rows of no classes cost nothing, however many there are said to be
  if (elementCount(wanted) === 0) return { datatype: 'BYTES', shape: wanted, data: [] }
  requireWritable(elementCount(wanted), who)
  const utf8 = new TextEncoder()
  const elements = Array.from({ length: batch }, (_, row) =>
    bestOf(data.subarray(row * classes, (row + 1) * classes), best).map(([value, index]) => {
      const label = labels?.length === classes ? `:${labels[index]}` : ''
      return utf8.encode(`${digits(value, datatype)}:${index}${label}`)
    }),
  )
  return { datatype: 'BYTES', shape: wanted, data: elements.flat() }
}

/** Of equals the earlier is the better; what is no number is the worst. */
function bestOf(values: ArrayLike<number | bigint>, count: number): [number | bigint, number][] {
  return Array.from(values, (value, index): [number | bigint, number] => [value, index])
    .toSorted(([a], [b]) => order(b) - order(a) || compare(b, a))
    .slice(0, count)
}

function order(value: number | bigint): number {
  return Number.isNaN(value) ? 0 : 1
}

function compare(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The fewest digits that are this value and no other. */
function digits(value: number | bigint, datatype: string): string {
  if (datatype !== 'FP32' || typeof value === 'bigint') return String(value)
  for (let count = 1; count < MOST_FP32_DIGITS; count++) {
    const rounded = Number(value.toPrecision(count))
    if (Math.fround(rounded) === value) return String(rounded)
  }
  return String(Number(value.toPrecision(MOST_FP32_DIGITS)))
}
