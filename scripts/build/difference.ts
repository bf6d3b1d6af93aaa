import { z } from 'zod'

import { binaryBytes } from '#shared/oip/binary-tensor.ts'
import { elementCount, type Tensor, type Tensors } from '#shared/tensor.ts'

/** How far an output is apart from a reference at most; relative to the largest value of the reference. */
export const Difference = z.object({ maxAbsolute: z.number(), maxRelative: z.number() })
export type Difference = z.infer<typeof Difference>

/**
 * Collects the differences of outputs by name over many runs. The largest value is that of all runs: an
 * output that is next to nothing in one of them, such as the text on an empty page, has no scale of its own.
 */
export class DifferenceMeter {
  readonly #outputs = new Map<string, { maxAbsolute: number; magnitude: number }>()

  /** Outputs of another shape or datatype, or missing, are infinitely far apart. */
  add(actual: Tensors, reference: Tensors): void {
    for (const [name, tensor] of Object.entries(reference)) {
      const known = this.#outputs.get(name) ?? { maxAbsolute: 0, magnitude: 0 }
      const { maxAbsolute, magnitude } = compare(actual[name], tensor)
      this.#outputs.set(name, {
        maxAbsolute: Math.max(known.maxAbsolute, maxAbsolute),
        magnitude: Math.max(known.magnitude, magnitude),
      })
    }
  }

  byOutput(): Record<string, Difference> {
    return Object.fromEntries(
      Array.from(this.#outputs, ([name, { maxAbsolute, magnitude }]) => [
        name,
        { maxAbsolute, maxRelative: maxAbsolute === 0 ? 0 : maxAbsolute / (magnitude || 1) },
      ]),
    )
  }

  /** The largest of all outputs. */
  largest(): Difference {
    const all = Object.values(this.byOutput())
    return {
      maxAbsolute: Math.max(0, ...all.map(({ maxAbsolute }) => maxAbsolute)),
      maxRelative: Math.max(0, ...all.map(({ maxRelative }) => maxRelative)),
    }
  }
}

function compare(
  actual: Tensor | undefined,
  reference: Tensor,
): { maxAbsolute: number; magnitude: number } {
  const same = actual?.datatype === reference.datatype && `${actual.shape}` === `${reference.shape}`
  if (!actual || !same) return { maxAbsolute: Infinity, magnitude: 1 }
  if (reference.datatype === 'BYTES') {
    return { maxAbsolute: sameBytes(actual, reference) ? 0 : Infinity, magnitude: 1 }
  }
  let maxAbsolute = 0
  let magnitude = 0
  for (let i = 0; i < elementCount(reference.shape); i++) {
    const [a, b] = [Number(actual.data[i]), Number(reference.data[i])]
    if (Number.isFinite(b)) magnitude = Math.max(magnitude, Math.abs(b))
    // two NaN or two infinities of a sign are alike
    if (Object.is(a, b)) continue
    const apart = Math.abs(a - b)
    maxAbsolute = Math.max(maxAbsolute, Number.isNaN(apart) ? Infinity : apart)
  }
  return { maxAbsolute, magnitude }
}

/** Whether every bit of every output is the same; NaNs must be the same NaN. */
export function areIdentical(a: Tensors, b: Tensors): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [x, y] = [a[name], b[name]]
      return x && y && `${x.datatype}${x.shape}` === `${y.datatype}${y.shape}` && sameBytes(x, y)
    })
  )
}

function sameBytes(a: Tensor, b: Tensor): boolean {
  return Buffer.compare(binaryBytes(a), binaryBytes(b)) === 0
}
