/** The score from which to say 1 so that F1 is highest: halfway between two neighbours in the ranking. */
export function chooseThreshold(predictions: readonly { score: number; label: 0 | 1 }[]): number {
  const ranked = predictions.toSorted((a, b) => b.score - a.score)
  const positives = ranked.filter(({ label }) => label === 1).length
  let found = 0
  let best = { f1: -1, threshold: 0 }
  ranked.forEach(({ score, label }, i) => {
    found += label
    const next = ranked[i + 1]?.score ?? score
    if (next === score && i + 1 < ranked.length) return // equal scores can't be told apart
    const f1 = (2 * found) / (i + 1 + positives)
    if (f1 > best.f1) best = { f1, threshold: (score + next) / 2 }
  })
  return best.threshold
}
