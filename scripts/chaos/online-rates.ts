const STEP = 0.1

/** `1.0..0.5` as the rates between, a tenth apart, the first one first; a single number as itself. */
export function onlineRates(text: string): number[] {
  const [from = Number.NaN, to = from] = text.split('..').map(Number)
  const sound = [from, to].every((rate) => rate > 0 && rate <= 1)
  if (!sound) throw new Error(`--online-rate is like 1.0..0.5 or 0.7, not '${text}'`)
  const steps = Math.round(Math.abs(from - to) / STEP)
  const direction = Math.sign(to - from) * STEP
  return Array.from({ length: steps + 1 }, (_, i) => Number((from + i * direction).toFixed(4)))
}
