import type { Manifest } from '#shared/manifest.ts'
import { producedTypes } from '#shared/media-answer.ts'

type JsonSchema = Record<string, unknown>

/**
 * What a capability's tool answers, as the golden examples of its models have it; undefined when any of them
 * may answer a file. Says of what kind things are, not that they are there: another input may lack one.
 */
export function answerSchema(
  manifests: readonly Pick<Manifest, 'examples' | 'produces'>[],
): { type: 'object'; [keyword: string]: unknown } | undefined {
  const types = new Set(manifests.flatMap(producedTypes))
  if (types.size !== 1 || !types.has('application/json')) return undefined
  const answers = manifests.flatMap(({ examples }) => examples.map(({ expected }) => expected))
  return { type: 'object', properties: { answer: schemaOf(answers) }, required: ['answer'] }
}

/** A schema that all values satisfy; of any value where they have nothing in common. */
function schemaOf(values: readonly unknown[]): JsonSchema {
  if (values.length === 0) return {}
  if (values.every((value) => Array.isArray(value))) {
    return { type: 'array', items: schemaOf(values.flat()) }
  }
  if (values.every(isRecord)) {
    const properties = Map.groupBy(values.flatMap(Object.entries), ([name]) => name)
    return {
      type: 'object',
      properties: Object.fromEntries(
        Array.from(properties, ([name, own]) => [name, schemaOf(own.map(([, value]) => value))]),
      ),
    }
  }
  for (const type of ['number', 'string', 'boolean']) {
    if (values.every((value) => typeof value === type)) return { type }
  }
  return {}
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
