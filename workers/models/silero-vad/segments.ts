/** A stretch of speech; seconds from the start of the clip, score the mean probability of its frames. */
export interface Segment {
  start: number
  end: number
  score: number
}

export interface SegmentOptions {
  /** Speech begins at this probability, and ends 0.15 below it. */
  threshold: number
  /** Shorter stretches are no speech; seconds. */
  minSpeech: number
  /** Shorter pauses don't end one; seconds. */
  minSilence: number
  /** Added at both ends; seconds. */
  pad: number
}

/** How far below the threshold a frame must fall to count as silence (Silero's own choice). */
const HYSTERESIS = 0.15

/** Frames' probabilities → segments, as Silero's reference does: hysteresis, minimum lengths, padding. */
export function findSegments(
  probabilities: readonly number[],
  frameSeconds: number,
  { threshold, minSpeech, minSilence, pad }: SegmentOptions,
): Segment[] {
  const stretches: { from: number; to: number }[] = []
  let from: number | undefined
  let silentSince: number | undefined
  const close = (to: number) => {
    if (from !== undefined && (to - from) * frameSeconds >= minSpeech) stretches.push({ from, to })
    from = undefined
    silentSince = undefined
  }
  probabilities.forEach((probability, i) => {
    if (probability >= threshold) {
      from ??= i
      silentSince = undefined
    } else if (from !== undefined && probability < threshold - HYSTERESIS) {
      silentSince ??= i
      if ((i + 1 - silentSince) * frameSeconds >= minSilence) close(silentSince)
    }
  })
  if (from !== undefined) close(silentSince ?? probabilities.length)

  const duration = probabilities.length * frameSeconds
  return stretches.map((stretch, i) => {
    // padding may use up the pause between two segments, never more than half each
    const before = stretches[i - 1]?.to ?? 0
    const after = stretches[i + 1]?.from ?? probabilities.length
    const room = (frames: number, last: boolean) =>
      Math.min(pad, (frames * frameSeconds) / (last ? 1 : 2))
    const own = probabilities.slice(stretch.from, stretch.to)
    return {
      start: round(Math.max(0, stretch.from * frameSeconds - room(stretch.from - before, i === 0))),
      end: round(
        Math.min(
          duration,
          stretch.to * frameSeconds + room(after - stretch.to, i === stretches.length - 1),
        ),
      ),
      score: own.reduce((sum, value) => sum + value, 0) / own.length,
    }
  })
}

/** To the millisecond: a frame has 32. */
function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
