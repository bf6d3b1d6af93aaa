import { expect, test } from 'vitest'

import { ERROR_CODES } from '#shared/error-codes.ts'

import { docsPage } from './docs-page.ts'
import { openApi } from './openapi.ts'
import { modelEntry, rows } from '../registry/registry-fixture.ts'
import { compileSnapshot } from '../registry/snapshot.ts'

const ORIGIN = 'https://mesh.example'
const page = async (...models: Parameters<typeof modelEntry>) =>
  String(await docsPage(compileSnapshot(rows({ models: [modelEntry(...models)] })), ORIGIN))

test('writes a curl that can be pasted, whatever quotes the example has', async () => {
  const text = (await page()).replaceAll('&#39;', "'").replaceAll('&quot;', '"')
  expect(text).toContain(`curl ${ORIGIN}/infer/text-classification/tone`)
  expect(text).toContain(String.raw`--data-binary 'it'\''s fine'`)
})

test('escapes what an owner wrote of a model', async () => {
  const html = await page({ description: '<script>alert(1)</script>', title: '<b>' })
  expect(html).not.toContain('<script')
  expect(html).toContain('&lt;script&gt;')
})

test("tells the address that each protocol's own client wants", async () => {
  const html = await page()
  for (const path of ['/v1', '/models/&lt;id&gt;', '/mcp']) {
    expect(html).toContain(`<code>${ORIGIN}${path}</code>`)
  }
})

test('loads nothing and lists every error code', async () => {
  const html = await page()
  expect(html).not.toMatch(/\b(src|srcset)=|@import|url\(|<script/)
  for (const code of Object.keys(ERROR_CODES)) expect(html).toContain(`<code>${code}</code>`)
})

test('openApi describes a capability by all of its models', () => {
  const models = [
    modelEntry(),
    modelEntry({ id: 'tone-b', accepts: ['message/rfc822'], description: 'Another.' }),
  ]
  const document = openApi(compileSnapshot(rows({ models })))
  expect(document).toMatchObject({
    openapi: '3.1.0',
    paths: {
      '/infer/text-classification/tone': {
        post: {
          requestBody: {
            content: {
              'text/plain': { example: "it's fine" },
              'message/rfc822': {},
              'application/json': { example: { inputs: "it's fine" } },
            },
          },
        },
      },
    },
  })
  expect(JSON.stringify(document)).toContain('Another.')
})

test('tells of a model that answers pictures how to keep one', async () => {
  const html = await page({ produces: ['image/png'] })
  expect(html).toContain('--output answer.png')
  expect(html).toContain('answers image/png')
  expect(await page()).not.toContain('--output')
})

test('openApi says what each model answers: JSON with an example, pictures as bytes', () => {
  const media = { file: { type: 'file', path: 'a.png', sha256: 'a'.repeat(64) } }
  const [example] = modelEntry().manifest.examples
  if (!example) throw new Error('a manifest has examples')
  const examples = [{ ...example, expected: { media } }]
  const models = [
    modelEntry({
      id: 'tone-b',
      produces: ['image/png'],
      examples: [...examples, ...examples, ...examples],
    }),
    modelEntry(),
  ]
  expect(openApi(compileSnapshot(rows({ models })))).toMatchObject({
    paths: {
      '/infer/text-classification/tone': {
        post: {
          responses: {
            200: {
              content: {
                'image/png': { schema: { type: 'string', format: 'binary' } },
                'application/json': { example: [{ label: 'good', score: 1 }] },
              },
            },
          },
        },
      },
    },
  })
})
