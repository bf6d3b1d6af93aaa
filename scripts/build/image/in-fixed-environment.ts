import os from 'node:os'

/** What the glue hands a C++ program of the machine it runs on: its path, the time, chance, a language, processors. */
const PROGRAM = './this.program'
const SEED = 0x9e3779b9

/**
 * Does the work as if on any machine at any time, so that what it leaves in memory is the same in every
 * build. Nothing else may go on in the process meanwhile.
 */
export async function inFixedEnvironment<T>(work: () => Promise<T>): Promise<T> {
  const random = (array: Uint8Array) => array.map((_, i) => (SEED >>> (8 * (i % 4))) & 0xff)
  const restore = [
    replace(process.argv, '1', PROGRAM),
    replace(globalThis, 'navigator', undefined),
    replace(os, 'cpus', () => ['the only one']),
    replace(Date, 'now', () => 0),
    replace(performance, 'now', () => 0),
    replace(performance, 'timeOrigin', 0),
    replace(crypto, 'getRandomValues', (array: Uint8Array) => (array.set(random(array)), array)),
  ]
  try {
    return await work()
  } finally {
    for (const undo of restore) undo()
  }
}

/** Returns what puts the old value back. */
function replace(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, { value, configurable: true, writable: true })
  return () => {
    if (before) Object.defineProperty(target, name, before)
    else Reflect.deleteProperty(target, name)
  }
}
