import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { modelEntry } from '../registry/registry-fixture.ts'
import { toneManifest, startTestRouter, TONE, type TestRouter } from '../start-test-router.ts'

let router: TestRouter

beforeAll(async () => {
  router = await startTestRouter()
}, 60_000)
afterAll(() => router.stop())

describe('a change', () => {
  test('of a model under the same version is a conflict, the same again is none', async () => {
    const manifest = toneManifest
    const again = await router.admin('POST', '/models', { manifest })
    expect([again.status, again.body.changed]).toEqual([200, false])
    const other = await router.admin('POST', '/models', {
      manifest: { ...manifest, title: 'Other' },
    })
    expect([other.status, other.body.code]).toEqual([409, 'conflict'])
    const moved = { ...manifest, version: '2', capability: 'text-classification/mood' }
    expect((await router.admin('POST', '/models', { manifest: moved })).status).toBe(409)
  })

  test('of new artefacts alone is taken', async () => {
    const manifest = toneManifest
    const artefacts = { 'model.onnx': 'b'.repeat(64) }
    expect((await router.admin('POST', '/models', { manifest, artefacts })).body.changed).toBe(true)
    const { body } = await router.admin('GET', '/models/tone')
    expect(body).toMatchObject({ versions: [{ manifest, artefacts }] })
  })

  test('cannot remove a model that is deployed, even when the check before it saw none', async () => {
    expect((await router.admin('DELETE', '/models/tone')).body.code).toBe('conflict')
    const DB = await router.database()
    await expect(
      DB.prepare("DELETE FROM model_versions WHERE model_id = 'tone'").run(),
    ).rejects.toThrow('FOREIGN KEY')
  })

  test('removes a capability with the last model that offers it', async () => {
    const { manifest } = modelEntry({ id: 'brief', capability: 'x/brief' })
    await router.admin('POST', '/models', { manifest })
    expect((await router.admin('DELETE', '/models/brief')).status).toBe(204)
    const { body } = await router.send('/capabilities')
    expect(body).toMatchObject({ capabilities: [{ id: TONE }], next: null })
  })

  test('is refused by the name of the field that is wrong', async () => {
    const wrong: [Record<string, unknown>, string][] = [
      [router.place({ wieght: 1 }), 'wieght'],
      [router.place({ weight: -1 }), 'weight'],
      [router.place({ node: 'a;b, c' }), 'node'],
      [router.place({ version: 'latest' }), 'version'],
      [router.place({ target: 'http://10.0.0.1' }), 'target'],
      [router.place({ target: 'https://169.254.169.254' }), 'target'],
      [router.place({ transport: 'binding', target: 'x-y' }), 'target'],
    ]
    for (const [body, field] of wrong) {
      const { status, body: problem } = await router.admin('POST', '/deployments', body)
      expect([status, String(problem.detail)]).toEqual([400, expect.stringContaining(field)])
    }
    expect(
      (await router.admin('POST', '/deployments', router.place({ version: '9' }))).status,
    ).toBe(404)
    expect((await router.admin('PATCH', '/deployments/tone@1/far', {})).status).toBe(400)
    expect((await router.admin('DELETE', '/deployments/none')).status).toBe(404)
    const keys = { name: 'x', scopes: ['root'] }
    expect((await router.admin('POST', '/keys', keys)).status).toBe(400)
  })

  test('an operator made is kept when the node registers itself again', async () => {
    const path = '/deployments/tone@1/far'
    await router.admin('PATCH', path, { state: 'draining', weight: 3 })
    expect((await router.infer()).body.code).toBe('no_deployment')
    const again = await router.admin('POST', '/deployments', router.place())
    expect([again.status, again.body.state, again.body.weight]).toEqual([200, 'draining', 3])
    await router.admin('PATCH', path, { state: 'ready' })
    expect((await router.infer()).status).toBe(200)
  })

  test('that changes nothing leaves no trace, any other says who, what and when', async () => {
    const before = (await router.admin('GET', '/audit?limit=1')).body
    await router.admin('POST', '/deployments', router.place())
    expect((await router.admin('GET', '/audit?limit=1')).body).toEqual(before)
    await router.admin('PATCH', '/deployments/tone@1/far', { weight: 2 })
    expect((await router.admin('GET', '/audit?limit=1')).body).toMatchObject({
      audit: [
        {
          actor: 'root',
          action: 'put_deployment',
          target: 'tone@1/far',
          detail: 'http ready weight 2',
          at: expect.any(Number),
        },
      ],
    })
  })
})

const Page = z.object({
  audit: z.array(z.object({ id: z.int() })),
  next: z.int().nullable(),
})

describe('the log of changes', () => {
  test('is read page by page, the latest first, to its end', async () => {
    for (const weight of [3, 4, 5]) {
      await router.admin('PATCH', '/deployments/tone@1/far', { weight })
    }
    const pages: number[][] = []
    for (let before = ''; ;) {
      const { audit, next } = Page.parse(
        (await router.admin('GET', `/audit?limit=2${before}`)).body,
      )
      pages.push(audit.map(({ id }) => id))
      if (next === null) break
      before = `&before=${next}`
    }
    const ids = pages.flat()
    expect(pages.length).toBeGreaterThan(1)
    expect(ids.at(-1)).toBe(1)
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => b - a))
    const all = (await router.admin('GET', '/audit?limit=500')).body
    expect(all).toMatchObject({ audit: ids.map((id) => ({ id })), next: null })
  })

  test.each(['?limit=0', '?limit=501', '?limit=x', '?before=0', '?before=', '?who=me'])(
    'refuses %s',
    async (query) => {
      const { status, body } = await router.admin('GET', `/audit${query}`)
      expect([status, body.code]).toEqual([400, 'invalid_request'])
    },
  )
})
