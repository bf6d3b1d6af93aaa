import { decodeUtf8 } from '../json.ts'

/** Whole numbers of at most 20 digits, which every 64-bit integer has: longer ones are out of range, and slow to make. */
const INTEGER_64 = /^-?\d{1,20}$/

/**
 * JSON whose whole numbers of 64 bits are bigints where a number would round them. Some twenty times as slow
 * as JSON.parse alone, so only for what was found to need it; the text has been parsed, its nesting and
 * how many values it has have been checked by then.
 */
export function parseExactJson(bytes: Uint8Array): unknown {
  // the language's declaration of a reviver lacks its third argument, which has the literal as written
  return JSON.parse(decodeUtf8(bytes, 'the body'), (_key, value: unknown, ...rest: unknown[]) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    const literal = sourceOf(rest[0])
    return literal !== undefined && INTEGER_64.test(literal) ? BigInt(literal) : value
  })
}

/** Whether a number may be another than its literal said. */
export function mayBeRounded(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
}

function sourceOf(context: unknown): string | undefined {
  if (typeof context !== 'object' || context === null || !('source' in context)) return undefined
  return typeof context.source === 'string' ? context.source : undefined
}
