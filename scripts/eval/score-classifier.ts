export interface Scores {
  n: number
  accuracy: number
  precision: number
  recall: number
  f1: number
  /** Area under the ROC curve. */
  auc: number
}

/** Scores probabilities of the positive class at the threshold 0.5, and over all thresholds. */
export function scoreClassifier(
  predictions: readonly { probability: number; label: 0 | 1 }[],
): Scores {
  const count = (positive: boolean, label: 0 | 1) =>
    predictions.filter((item) => item.probability >= 0.5 === positive && item.label === label)
      .length
  const [truePositive, falsePositive] = [count(true, 1), count(true, 0)]
  const [falseNegative, trueNegative] = [count(false, 1), count(false, 0)]
  return {
    n: predictions.length,
    accuracy: (truePositive + trueNegative) / predictions.length,
    precision: truePositive / (truePositive + falsePositive),
    recall: truePositive / (truePositive + falseNegative),
    f1: (2 * truePositive) / (2 * truePositive + falsePositive + falseNegative),
    auc: areaUnderRoc(predictions),
  }
}

/** The chance that a positive ranks above a negative; ties count half (Mann and Whitney). */
function areaUnderRoc(predictions: readonly { probability: number; label: 0 | 1 }[]): number {
  const sorted = predictions.toSorted((a, b) => a.probability - b.probability)
  let rankSum = 0
  for (let i = 0; i < sorted.length;) {
    let end = i
    while (end < sorted.length && sorted[end]?.probability === sorted[i]?.probability) end++
    const rank = (i + 1 + end) / 2
    for (; i < end; i++) if (sorted[i]?.label === 1) rankSum += rank
  }
  const positives = predictions.filter(({ label }) => label === 1).length
  const negatives = predictions.length - positives
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}
