/** Series of one metric: what comes after is counted together, so that no caller can fill the memory. */
const MAX_SERIES = 1_000
const OTHER = 'other'

/** What one metric holds for each set of label values. */
export class Series<Label extends string, Value> {
  readonly #labels: readonly Label[]
  readonly #create: () => Value
  readonly #byKey = new Map<string, { labels: Record<Label, string>; value: Value }>()

  constructor(labels: readonly Label[], create: () => Value) {
    this.#labels = labels
    this.#create = create
  }

  of(labels: Readonly<Record<Label, string>>): Value {
    const known = this.#byKey.get(this.#keyOf(labels))
    if (known) return known.value
    const told = this.#byKey.size < MAX_SERIES ? labels : this.#others()
    const key = this.#keyOf(told)
    const entry = this.#byKey.get(key) ?? { labels: { ...told }, value: this.#create() }
    this.#byKey.set(key, entry)
    return entry.value
  }

  entries(): Iterable<{ labels: Readonly<Record<Label, string>>; value: Value }> {
    return this.#byKey.values()
  }

  #keyOf(labels: Readonly<Record<Label, string>>): string {
    return this.#labels.map((label) => labels[label]).join('\n')
  }

  #others(): Record<Label, string> {
    // as: fromEntries forgets which keys it was given
    return Object.fromEntries(this.#labels.map((label) => [label, OTHER])) as Record<Label, string>
  }
}
