import { describe, expect, test } from 'vitest'

import { documentsOf } from '../discovery/documents.ts'
import { deployment, modelEntry, rows } from '../registry/registry-fixture.ts'
import { compileSnapshot } from '../registry/snapshot.ts'
import { listTools, TOOLS_IN_A_PAGE } from './list-tools.ts'

function meshOf(domains: readonly string[]) {
  return documentsOf(
    compileSnapshot(
      rows({
        models: domains.map((id) => modelEntry({ id, capability: `text-classification/${id}` })),
        deployments: domains.map((modelId) => deployment({ modelId })),
      }),
    ),
  )
}

function namesOf(documents: Parameters<typeof listTools>[0]): string[][] {
  const pages: string[][] = []
  let cursor: string | undefined
  do {
    const { tools, nextCursor } = listTools(documents, cursor)
    pages.push(tools.map(({ name }) => name))
    cursor = nextCursor
  } while (cursor !== undefined)
  return pages
}

describe('a large mesh', () => {
  const domains = Array.from({ length: 250 }, (_, i) => `d${String(i).padStart(3, '0')}`)

  test('has its tools in pages, each tool once', () => {
    const pages = namesOf(meshOf(domains))
    expect(pages.map(({ length }) => length)).toEqual([TOOLS_IN_A_PAGE + 1, TOOLS_IN_A_PAGE, 50])
    expect(pages.flat()).toEqual([
      'find-capability',
      ...domains.map((name) => `text-classification_${name}`),
    ])
  })

  test('neither repeats nor hides one when another comes or goes between two pages', () => {
    const { tools, nextCursor } = listTools(meshOf(domains), undefined)
    const seen = new Set(tools.map(({ name }) => name))
    const changed = meshOf(['a-new-one', ...domains.filter((name) => name !== 'd099')])
    const rest = listTools(changed, nextCursor).tools.map(({ name }) => name)
    expect(rest.filter((name) => seen.has(name))).toEqual([])
    expect(rest[0]).toBe('text-classification_d100')
  })
})

describe('names', () => {
  test('hold to what models and MCP allow', () => {
    for (const { name } of listTools(meshOf(['a', 'a-b-c']), undefined).tools) {
      expect(name).toMatch(/^[a-zA-Z0-9_-]{1,128}$/)
    }
  })
})

describe('an output schema', () => {
  const schemaOf = (capability: string) => {
    const snapshot = compileSnapshot(rows({ models: [modelEntry({ capability })] }))
    return listTools(documentsOf(snapshot), undefined).tools[1]?.outputSchema
  }

  test('is that of the task, as /openapi.json tells it', () => {
    expect(schemaOf('image-segmentation/person')).toMatchObject({
      type: 'object',
      properties: {
        answer: {
          type: 'array',
          items: {
            required: ['label', 'score', 'mask'],
            // null is a score that no model has: an example that has one can't show it
            properties: { score: { anyOf: [{ type: 'number' }, { type: 'null' }] } },
          },
        },
      },
      required: ['answer'],
    })
  })

  test('says nothing of a task that is not known, whatever examples are like', () => {
    expect(schemaOf('fortune-telling/tea')).toEqual({
      type: 'object',
      properties: { answer: {} },
      required: ['answer'],
    })
  })
})
