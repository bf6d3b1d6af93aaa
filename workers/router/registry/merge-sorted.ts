/** What became of one thing: new when there was no old, gone when there is no next. */
export interface Edit<T> {
  old: T | undefined
  next: T | undefined
}

export type Compare<T> = (a: T, b: T) => number

/**
 * A sorted list with the edits made: their old ones taken out, their next ones put in.
 * Looks for each edit by halves and copies what is between in runs, so that a few edits of a long list cost little.
 *
 * @param compare tells any two of the list apart
 */
export function mergeSorted<T>(
  list: readonly T[],
  edits: readonly Edit<T>[],
  compare: Compare<T>,
): readonly T[] {
  const gone = edits.flatMap(({ old }) => (old === undefined ? [] : [{ item: old, stays: false }]))
  const put = edits.flatMap(({ next }) => (next === undefined ? [] : [{ item: next, stays: true }]))
  // a stable sort: what takes the place of an equal one comes after it
  const marks = [...gone, ...put].toSorted((a, b) => compare(a.item, b.item))
  const runs: (readonly T[])[] = []
  let fresh: T[] = []
  let copied = 0
  for (const { item, stays } of marks) {
    const at = firstFrom(list, item, compare, copied)
    if (at > copied) {
      runs.push(fresh, list.slice(copied, at))
      fresh = []
    }
    const there = list[at]
    copied = there !== undefined && compare(there, item) === 0 ? at + 1 : at
    if (stays) fresh.push(item)
  }
  // not pushed one by one: runs are copied as blocks of memory
  return ([] as T[]).concat(...runs, fresh, list.slice(copied))
}

/** The one of a sorted list that is equal to `item` in the order of `compare`. */
export function findSorted<T, Item extends T>(
  list: readonly Item[],
  item: T,
  compare: Compare<T>,
): Item | undefined {
  const found = list[firstFrom<T>(list, item, compare)]
  return found !== undefined && compare(found, item) === 0 ? found : undefined
}

function firstFrom<T>(list: readonly T[], item: T, compare: Compare<T>, from = 0): number {
  let low = from
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    const at = list[middle]
    if (at !== undefined && compare(at, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The edits by what they concern; one that moves a thing from one to another is a part of both. */
export function groupEdits<T>(
  edits: readonly Edit<T>[],
  keyOf: (item: T) => string,
): Map<string, Edit<T>[]> {
  const groups = new Map<string, Edit<T>[]>()
  const note = (key: string, edit: Edit<T>) => {
    const own = groups.get(key)
    if (own) own.push(edit)
    else groups.set(key, [edit])
  }
  for (const edit of edits) {
    const [from, to] = [edit.old, edit.next].map((item) => item && keyOf(item))
    if (from === to && from !== undefined) note(from, edit)
    else {
      if (from !== undefined) note(from, { old: edit.old, next: undefined })
      if (to !== undefined) note(to, { old: undefined, next: edit.next })
    }
  }
  return groups
}

/**
 * The lists of `map` that the edits touch, as they are then; one that lost its last is undefined.
 *
 * @param keyOf which list a thing belongs to
 */
export function editLists<T>(
  map: ReadonlyMap<string, readonly T[]>,
  edits: readonly Edit<T>[],
  keyOf: (item: T) => string,
  compare: Compare<T>,
): Map<string, readonly T[] | undefined> {
  return new Map(
    Array.from(groupEdits(edits, keyOf), ([key, own]) => {
      const list = mergeSorted(map.get(key) ?? [], own, compare)
      return [key, list.length > 0 ? list : undefined]
    }),
  )
}
