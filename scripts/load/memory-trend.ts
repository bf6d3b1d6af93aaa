export interface MemorySample {
  /** In seconds. */
  at: number
  bytes: number
}

/** Resident bytes of one process over a stretch of time. */
export interface MemoryTrend {
  start: number
  max: number
  end: number
  /** Bytes a minute, by least squares over the second half: in the first, caches fill and code is compiled. */
  slope: number
  /** What the slope adds up to over the second half. */
  growth: number
}

/** A heap breathes: growth below this share of it, or below this many bytes, is no leak. */
const GROWTH_SHARE = 0.1
const GROWTH_BYTES = 24 * 1024 * 1024

/** Throws without samples. */
export function memoryTrend(samples: readonly MemorySample[]): MemoryTrend {
  const [first, last] = [samples.at(0), samples.at(-1)]
  if (!first || !last) throw new Error('no memory was sampled')
  const middle = (first.at + last.at) / 2
  const later = samples.filter(({ at }) => at >= middle)
  const perSecond = slopeOf(later)
  return {
    start: first.bytes,
    max: Math.max(...samples.map(({ bytes }) => bytes)),
    end: last.bytes,
    slope: perSecond * 60,
    growth: perSecond * (last.at - middle),
  }
}

/** Whether what was seen would not go on for ever. */
export function isBounded({ growth, end }: MemoryTrend): boolean {
  return growth <= Math.max(end * GROWTH_SHARE, GROWTH_BYTES)
}

/** Of the line through the points that has the least squares; 0 of a single point. */
function slopeOf(points: readonly MemorySample[]): number {
  const mean = (of: (point: MemorySample) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [at, bytes] = [mean((point) => point.at), mean((point) => point.bytes)]
  const spread = mean((point) => (point.at - at) ** 2)
  if (spread === 0) return 0
  return mean((point) => (point.at - at) * (point.bytes - bytes)) / spread
}
