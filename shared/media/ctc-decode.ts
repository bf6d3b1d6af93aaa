export interface CtcText {
  text: string
  /** Mean probability of the characters that were read; 0 when there are none. */
  score: number
}

const BLANK = 0

/**
 * Greedy decoding of connectionist temporal classification (Graves et al., 2006): the best class of
 * each step, repeats merged, blanks dropped. `probabilities` is steps × classes; class i + 1 is `labels[i]`.
 */
export function ctcDecode(
  probabilities: Float32Array,
  classes: number,
  labels: readonly string[],
): CtcText {
  let text = ''
  let sum = 0
  let count = 0
  let previous = BLANK
  for (let step = 0; step * classes < probabilities.length; step++) {
    const row = probabilities.subarray(step * classes, (step + 1) * classes)
    let best = 0
    for (let i = 1; i < row.length; i++) if ((row[i] ?? 0) > (row[best] ?? 0)) best = i
    if (best !== BLANK && best !== previous) {
      text += labels[best - 1] ?? ''
      sum += row[best] ?? 0
      count++
    }
    previous = best
  }
  return { text, score: count === 0 ? 0 : sum / count }
}
