import type { Filter } from './ard-bodies.ts'
import type { CatalogueEntry } from './catalogue-entries.ts'

/** The values at a dot-separated path of an entry, e.g. `trustManifest.identity`; lists count by their items. */
export function valuesAt(entry: CatalogueEntry, path: string): string[] {
  let values: unknown[] = [entry]
  for (const name of path.split('.')) {
    values = values.flatMap((value): unknown[] => {
      const own: unknown =
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? Reflect.get(value, name)
          : undefined
      return Array.isArray(own) ? own : [own]
    })
  }
  return values.filter((value) => typeof value === 'string')
}

/** Whether an entry has, at every path of the filter, one of the values asked for. */
export function passes(entry: CatalogueEntry, filter: Filter = {}): boolean {
  return Object.entries(filter).every(([path, wanted]) => {
    const allowed = Array.isArray(wanted) ? wanted : [wanted]
    return valuesAt(entry, path).some((value) => allowed.includes(value))
  })
}
