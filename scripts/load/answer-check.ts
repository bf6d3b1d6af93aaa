import { findDifference } from '#shared/within-tolerance.ts'

/** No example has more answers that are right: edge and native round differently, and there are a few versions. */
const MAX_KNOWN = 64

/** Whether answers to one golden example are right. What was compared once is known by its text. */
export class AnswerCheck {
  readonly #expected: unknown
  readonly #tolerance: number
  readonly #known = new Map<string, Promise<boolean>>()

  constructor({ expected, tolerance }: { expected: unknown; tolerance: number }) {
    this.#expected = expected
    this.#tolerance = tolerance
  }

  isRight(text: string): Promise<boolean> {
    const known = this.#known.get(text)
    if (known) return known
    const compared = this.#compare(text)
    if (this.#known.size < MAX_KNOWN) this.#known.set(text, compared)
    return compared
  }

  async #compare(text: string): Promise<boolean> {
    try {
      const answer: unknown = JSON.parse(text)
      return (await findDifference(answer, this.#expected, this.#tolerance)) === undefined
    } catch (err) {
      if (err instanceof SyntaxError) return false
      throw err
    }
  }
}
