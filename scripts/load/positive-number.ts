/** The value of an option that must be a number above 0. Throws a sentence otherwise. */
export function positiveNumber(option: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value
  throw new Error(`${option} is '${text}'; it must be a number above 0`)
}
