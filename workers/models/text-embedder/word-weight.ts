/** Of the order that the paper finds to do well; chosen on the development split of the STS benchmark. */
const SMOOTHING = 3e-4

/** The share of a text that the word of a rank has, from 0 on, by Zipf's law: only the order of words is known. */
export function wordShare(rank: number, vocabulary: number): number {
  // the harmonic number, by Euler's constant
  return 1 / ((rank + 1) * (Math.log(vocabulary) + 0.577_215_66))
}

/** Smooth inverse frequency (Arora, Liang and Ma, 2017): words that are everywhere say little. */
export function wordWeight(rank: number, vocabulary: number): number {
  return SMOOTHING / (SMOOTHING + wordShare(rank, vocabulary))
}
