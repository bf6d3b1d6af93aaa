/**
 * Runs `start` once and gives every caller the same promise. A failure is not remembered, so the next
 * call tries again; `forget` drops a success, e.g. a runtime that trapped.
 */
export function memoizePromise<T>(start: () => Promise<T>): {
  get(): Promise<T>
  forget(): void
} {
  let current: Promise<T> | undefined
  return {
    get() {
      if (current) return current
      const started = start()
      current = started
      started.catch(() => {
        // only if nothing newer has begun since
        if (current === started) current = undefined
      })
      return started
    },
    forget() {
      current = undefined
    },
  }
}
