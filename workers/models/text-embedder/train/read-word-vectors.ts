import { createReadStream } from 'node:fs'

export const DIMENSIONS = 100

export interface WordVectors {
  words: string[]
  /** A row of DIMENSIONS for each word. */
  vectors: Float32Array
}

/** `"word":[…]`: the 100 numbers are followed by the vector's length and the word's index. */
const ENTRY = /"((?:[^"\\]|\\.)*)":\[([^\]]+)\],?/y
const VECTORS = '"vectors":{'

/**
 * The first `count` words that `accept` takes, and their vectors. Reads the file in parts and no
 * further than it must: it is 307 MB of JSON, the words in order of how frequent they are.
 */
export async function readWordVectors(
  path: string,
  count: number,
  accept: (word: string) => boolean,
): Promise<WordVectors> {
  const words: string[] = []
  const vectors = new Float32Array(count * DIMENSIONS)
  let inVectors = false
  let text = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 22 })) {
    text += String(chunk)
    if (!inVectors) {
      const at = text.indexOf(VECTORS)
      if (at === -1) continue
      text = text.slice(at + VECTORS.length)
      inVectors = true
    }
    ENTRY.lastIndex = 0
    let end = 0
    for (let entry = ENTRY.exec(text); entry; entry = ENTRY.exec(text)) {
      end = ENTRY.lastIndex
      const word = String(JSON.parse(`"${entry[1]}"`))
      if (!accept(word)) continue
      const numbers = (entry[2] ?? '').split(',', DIMENSIONS).map(Number)
      if (numbers.length < DIMENSIONS || !numbers.every(Number.isFinite)) {
        throw new Error(`the vector of '${word}' is not ${DIMENSIONS} numbers`)
      }
      vectors.set(numbers, words.length * DIMENSIONS)
      if (words.push(word) === count) return { words, vectors }
    }
    text = text.slice(end)
  }
  throw new Error(`${path} has ${words.length} words that can be used; ${count} are needed`)
}
