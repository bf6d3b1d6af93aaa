import { z } from 'zod'

import { timeoutMs } from './timeout-ms.ts'

/** `parameters` of any request that needs a look from outside. */
const MAX_PARAMETERS_BYTES = 4096
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

const Parameters = z.looseObject({ timeout: z.int().min(0).optional() })

const utf8 = new TextEncoder()
const TIMEOUT = utf8.encode('timeout"')
const PARAMETERS = utf8.encode('parameters"')

/**
 * `parameters.timeout` of an inference in milliseconds, read from its JSON without parsing the tensors: for
 * who passes the request on and must know how long its caller waits. Undefined where there is none, and
 * where it isn't found in plain sight: a name written with escapes, parameters of more than 4 KiB, JSON
 * that is none. Whoever reads the whole finds it there.
 */
export function peekTimeoutMs(json: Uint8Array): number | undefined {
  if (indexOf(json, TIMEOUT) === -1) return undefined
  const start = topLevelValueOf(json, PARAMETERS)
  if (start === undefined) return undefined
  const end = endOfObject(json, start)
  if (end === undefined || end - start > MAX_PARAMETERS_BYTES) return undefined
  try {
    const text = new TextDecoder().decode(json.subarray(start, end))
    return timeoutMs(Parameters.safeParse(JSON.parse(text)).data?.timeout)
  } catch {
    return undefined
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const [first = 0] = wanted
  let at = bytes.indexOf(first)
  while (at !== -1 && !startsWith(bytes, at, wanted)) at = bytes.indexOf(first, at + 1)
  return at
}

function startsWith(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  return wanted.every((byte, i) => bytes[at + i] === byte)
}

/** Where the last value of this name of the outermost object begins, as JSON.parse takes the last. */
function topLevelValueOf(json: Uint8Array, name: Uint8Array): number | undefined {
  let found: number | undefined
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (byte === QUOTE) {
      const start = at + 1
      at = endOfString(json, start)
      const next = skipSpace(json, at + 1)
      if (depth === 1 && at + 1 - start === name.length && startsWith(json, start, name)) {
        if (json[next] === COLON) found = skipSpace(json, next + 1)
      }
    } else depth += nesting(byte)
  }
  return found
}

/** One past the object that begins at `start`; undefined when it never ends or is none. */
function endOfObject(json: Uint8Array, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < json.length; at++) {
    if (json[at] === QUOTE) at = endOfString(json, at + 1)
    else depth += nesting(json[at])
    if (depth <= 0) return at + 1
  }
  return undefined
}

function nesting(byte: number | undefined): number {
  if (byte === 0x7b || byte === 0x5b) return 1
  return byte === 0x7d || byte === 0x5d ? -1 : 0
}

/** Where the quote is that ends the string whose first character is at `start`. */
function endOfString(json: Uint8Array, start: number): number {
  let at = json.indexOf(QUOTE, start)
  while (at !== -1 && isEscaped(json, start, at)) at = json.indexOf(QUOTE, at + 1)
  return at === -1 ? json.length : at
}

function isEscaped(json: Uint8Array, start: number, at: number): boolean {
  let before = at - 1
  while (before >= start && json[before] === BACKSLASH) before--
  return (at - before) % 2 === 0
}

function skipSpace(json: Uint8Array, from: number): number {
  let at = from
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at++
  return at
}
