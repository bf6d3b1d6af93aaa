import type { ForeignModel } from './converter.ts'

/** Values that a field might be changed to. */
const OTHERS: readonly unknown[] = [
  null,
  -1,
  0,
  1e9,
  2 ** 40,
  '',
  'x',
  '__proto__',
  [],
  {},
  true,
  [[]],
  [1, 2],
]

/** For tests: the model with one field somewhere in its model.json replaced or left out. */
export function damageModel(model: ForeignModel, random: () => number): ForeignModel {
  const json: unknown = JSON.parse(new TextDecoder().decode(model.files['model.json']))
  const places: { holder: object; key: string }[] = []
  collect(json, places)
  const { holder, key } = places[Math.floor(random() * places.length)] ?? { holder: {}, key: '' }
  const pick = Math.floor(random() * (OTHERS.length + 1))
  if (pick === OTHERS.length) Reflect.deleteProperty(holder, key)
  else Reflect.set(holder, key, OTHERS[pick])
  const bytes = new TextEncoder().encode(JSON.stringify(json))
  return { ...model, files: { ...model.files, 'model.json': bytes } }
}

function collect(value: unknown, places: { holder: object; key: string }[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, field] of Object.entries(value)) {
    places.push({ holder: value, key })
    collect(field, places)
  }
}
