/** One class of a classification, as Hugging Face's tasks answer it. */
export interface LabelScore {
  label: string
  score: number
}

/** Labels with their scores, best first; equal scores keep the labels' order. */
export function rankLabels(labels: readonly string[], scores: Float32Array): LabelScore[] {
  return labels
    .map((label, i) => ({ label, score: scores[i] ?? 0 }))
    .toSorted((a, b) => b.score - a.score)
}
