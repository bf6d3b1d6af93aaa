/**
 * Does `work` for every item, in order, so many at once. After a failure no other is begun, and it is
 * thrown when those that were begun have ended.
 */
export async function mapAtOnce<Item, Result>(
  most: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const left = items.entries()
  const failures: unknown[] = []
  const lane = async () => {
    for (const [i, item] of left) {
      try {
        results[i] = await work(item)
      } catch (err) {
        failures.push(err)
      }
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: most }, lane))
  if (failures.length > 0) throw failures[0]
  return results
}
