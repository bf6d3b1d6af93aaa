/** What is known of a rate. */
export interface Bounds {
  lower: number
  upper: number
}

/** Each halves the interval: a billionth. */
const BISECTIONS = 30

/**
 * Bounds of the rate behind `hits` of `count` trials that hold at every count at once with probability 1 − `error`,
 * so that one may look after each trial and stop whenever one likes: Robbins' mixture martingale with a uniform
 * prior (Robbins 1970; Howard et al., "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021). By
 * Ville's inequality the likelihood of the mixture exceeds that of the true rate by 1 / `error` with no more than that
 * probability; the rates it has not yet exceeded by so much are those within the bounds. The trials must be
 * independent, with one rate.
 */
export function rateBounds(hits: number, count: number, error: number): Bounds {
  if (count === 0) return { lower: 0, upper: 1 }
  const misses = count - hits
  const mixture = logFactorial(hits) + logFactorial(misses) - logFactorial(count + 1)
  const isOut = (rate: number) =>
    mixture - logPower(rate, hits) - logPower(1 - rate, misses) >= -Math.log(error)
  const mode = hits / count
  return {
    lower: isOut(0) ? boundary(0, mode, isOut) : 0,
    upper: isOut(1) ? boundary(1, mode, isOut) : 1,
  }
}

/** Between a rate that is out and one that is in. */
function boundary(out: number, within: number, isOut: (rate: number) => boolean): number {
  let [far, near] = [out, within]
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (far + near) / 2
    if (isOut(middle)) far = middle
    else near = middle
  }
  return far
}

/** log(rate ** count), where nothing to the power of nothing is 1. */
function logPower(rate: number, count: number): number {
  return count === 0 ? 0 : count * Math.log(rate)
}

/** Stirling's series; up to 10 the product itself, where the series is less exact. */
function logFactorial(n: number): number {
  if (n <= 10) {
    let product = 1
    for (let i = 2; i <= n; i++) product *= i
    return Math.log(product)
  }
  return (n + 0.5) * Math.log(n) - n + Math.log(2 * Math.PI) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3)
}
