import { z } from 'zod'

import type { Comparer } from '../comparer.ts'
import { ALIKE, apart } from './alike.ts'

const Box = z.looseObject({
  label: z.string(),
  box: z.looseObject({ xmin: z.number(), ymin: z.number(), xmax: z.number(), ymax: z.number() }),
})
type Box = z.infer<typeof Box>
const Span = z.looseObject({ start: z.number(), end: z.number() })
type Span = z.infer<typeof Span>

/** What overlaps by half is the same thing found twice, as in PASCAL VOC. */
const SAME_OVERLAP = 0.5
/** Each is compared with each of the other. */
const MAX_COMPARED = 300

/** Boxes around things: the difference is the share of them that have no counterpart of the same label. */
export const boxes: Comparer<readonly Box[]> = {
  answer: z.array(Box),
  compare: (stable, candidate, tolerance) =>
    compareFound(stable, candidate, tolerance, (a, b) =>
      a.label === b.label ? boxOverlap(a, b) : 0,
    ),
}

/** Stretches of time: the difference is the share of them that have no counterpart. */
export const spans: Comparer<readonly Span[]> = {
  answer: z.array(Span),
  compare: (stable, candidate, tolerance) =>
    compareFound(stable, candidate, tolerance, spanOverlap),
}

function compareFound<T>(
  stable: readonly T[],
  candidate: readonly T[],
  tolerance: number,
  overlap: (a: T, b: T) => number,
) {
  const own = stable.slice(0, MAX_COMPARED)
  const left = candidate.slice(0, MAX_COMPARED)
  const all = own.length + left.length
  if (all === 0) return ALIKE
  let alone = 0
  for (const item of own) {
    const overlaps = left.map((other) => overlap(item, other))
    const best = Math.max(...overlaps)
    if (best >= SAME_OVERLAP) left.splice(overlaps.indexOf(best), 1)
    else alone++
  }
  const without = alone + left.length
  return apart(without / all, tolerance, `${without} of ${all} finds of both have no counterpart`)
}

/** Of what either covers, the share that both do. */
function boxOverlap({ box: a }: Box, { box: b }: Box): number {
  const common =
    lengthOf(Math.max(a.xmin, b.xmin), Math.min(a.xmax, b.xmax)) *
    lengthOf(Math.max(a.ymin, b.ymin), Math.min(a.ymax, b.ymax))
  return shareOf(common, areaOf(a) + areaOf(b) - common)
}

function areaOf({ xmin, ymin, xmax, ymax }: Box['box']): number {
  return lengthOf(xmin, xmax) * lengthOf(ymin, ymax)
}

function spanOverlap(a: Span, b: Span): number {
  const common = lengthOf(Math.max(a.start, b.start), Math.min(a.end, b.end))
  return shareOf(common, lengthOf(a.start, a.end) + lengthOf(b.start, b.end) - common)
}

function lengthOf(from: number, to: number): number {
  return Math.max(0, to - from)
}

function shareOf(common: number, union: number): number {
  return union > 0 ? common / union : 0
}
