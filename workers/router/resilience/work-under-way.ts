/** Calls that are on their way, in ms of what each of them takes alone. */
export class WorkUnderWay {
  #calls = 0
  #ms = 0

  get ms(): number {
    return this.#ms
  }

  begin(ms: number): void {
    this.#calls++
    this.#ms += ms
  }

  end(ms: number): void {
    this.#calls--
    // sums of fractions don't come back to zero by themselves
    this.#ms = this.#calls === 0 ? 0 : Math.max(0, this.#ms - ms)
  }
}
