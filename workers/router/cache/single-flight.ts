/** Calls that are on their way, so that an identical one can wait for its answer instead of being made. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T | undefined>>()

  /** What the call under way will give; undefined when there is none. Never rejects. */
  find(key: string): Promise<T | undefined> | undefined {
    return this.#flights.get(key)
  }

  /**
   * Announces a call; `land` ends it, with undefined when there is nothing to share. The promise is
   * settled with plain data: in workerd, other requests may wait for that, but not for another's I/O.
   */
  begin(key: string): { land(result: T | undefined): void } {
    const { promise, resolve } = Promise.withResolvers<T | undefined>()
    this.#flights.set(key, promise)
    return {
      land: (result) => {
        if (this.#flights.get(key) === promise) this.#flights.delete(key)
        resolve(result)
      },
    }
  }
}
