import { z } from 'zod'

import { spearman } from '#shared/spearman.ts'

import type { Comparer } from '../comparer.ts'

const Label = z.looseObject({ label: z.string(), score: z.number() })
type Label = z.infer<typeof Label>

/** Two labels whose scores are no further apart are a tie, which either version may break. */
const TIE = 0.001
/** A correlation of fewer says nothing. */
const MIN_RANKED = 3

/**
 * A ranking of labels: agrees when the first is the same. The difference is the largest of one label's two scores,
 * the correlation Spearman's over the labels that both name.
 */
export const labels: Comparer<readonly Label[]> = {
  answer: z.array(Label).min(1),
  compare(stable, candidate) {
    const others = new Map(candidate.map(({ label, score }) => [label, score]))
    const shared = stable.flatMap(({ label, score }) => {
      const other = others.get(label)
      return other === undefined ? [] : [{ score, other }]
    })
    const [scores, counterparts] = [shared.map((own) => own.score), shared.map((own) => own.other)]
    const differences = shared.map(({ score, other }) => Math.abs(score - other))
    const difference = Math.min(1, Math.max(0, ...differences))
    const correlation = shared.length < MIN_RANKED ? Number.NaN : spearman(scores, counterparts)
    const [first, second] = [firstOf(stable), firstOf(candidate)]
    const agrees =
      first.label === second.label || second.score - (others.get(first.label) ?? -1) <= TIE
    return {
      agrees,
      // of two different first labels, the score of one has moved past the other's
      difference: agrees ? difference : Math.max(difference, TIE),
      ...(Number.isFinite(correlation) ? { correlation } : {}),
      ...(agrees ? {} : { reason: 'the first label is another' }),
    }
  },
}

function firstOf(ranked: readonly Label[]): Label {
  return ranked.reduce((best, own) => (own.score > best.score ? own : best))
}
