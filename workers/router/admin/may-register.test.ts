import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startTestRouter, toneManifest, TONE, type TestRouter } from '../start-test-router.ts'

let router: TestRouter
let key: string
let otherKey: string

beforeAll(async () => {
  router = await startTestRouter()
  const create = async () => {
    const { body } = await router.admin('POST', '/keys', { name: 'node', scopes: ['register'] })
    return String(body.key)
  }
  key = await create()
  otherKey = await create()
})
afterAll(() => router.stop())

function send(method: string, path: string, body?: unknown, as = key) {
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  return router.send(path, { method, key: as, ...init })
}
const mine = (more: Record<string, unknown> = {}) =>
  router.place({ node: 'mine', leaseSeconds: 60, ...more })

describe('a key of the scope register', () => {
  test('registers, sees, renews and removes what is its own', async () => {
    const placed = await send('POST', '/admin/deployments', mine())
    expect([placed.status, placed.body.state]).toEqual([201, 'ready'])
    expect((await send('POST', '/admin/deployments', mine())).status).toBe(200)
    const { body } = await send('GET', '/admin/deployments')
    expect(body).toMatchObject({ deployments: [{ id: 'tone@1/mine', leaseSeconds: 60 }] })
    expect(body.deployments).toHaveLength(1)
    const renewed = await send('POST', '/admin/leases', { deployments: ['tone@1/mine'] })
    expect(renewed.body).toEqual({ renewed: ['tone@1/mine'], refused: [] })
    expect((await send('DELETE', '/admin/deployments/tone@1/mine')).status).toBe(202)
    expect((await send('DELETE', '/admin/deployments/tone@1/mine?now=true')).status).toBe(204)
  })

  test('gets in nowhere else', async () => {
    const keyId = 'some-key'
    const doors: [string, string, unknown?][] = [
      ['POST', '/admin/models', { manifest: toneManifest }],
      ['GET', '/admin/models/tone'],
      ['DELETE', '/admin/models/tone'],
      ['GET', '/admin/keys'],
      ['POST', '/admin/keys', { name: 'x', scopes: ['admin'] }],
      ['DELETE', `/admin/keys/${keyId}`],
      ['GET', '/admin/audit'],
      ['GET', '/admin/decisions'],
      ['POST', '/admin/verifications', { deployment: 'tone@1/far' }],
      ['POST', '/admin/measurements', { deployment: 'tone@1/far', metric: 'accuracy', value: 1 }],
      ['PATCH', '/admin/deployments/tone@1/far', { weight: 0 }],
      ['PUT', '/admin/deployments/tone@1/far', {}],
      ['POST', '/admin/deployments/tone@1/far', {}],
      ['GET', '/admin/leases'],
      ['GET', '/metrics'],
      ['POST', `/infer/${TONE}`, 'hello'],
    ]
    for (const [method, path, body] of doors) {
      const { status } = await send(method, path, body)
      expect([method, path, status]).toEqual([method, path, expect.toBeOneOf([403, 405])])
    }
  })

  test("changes nothing of another's", async () => {
    await send('POST', '/admin/deployments', mine({ node: 'theirs' }), otherKey)
    const id = 'tone@1/theirs'
    for (const own of [id, 'tone@1/far']) {
      expect((await send('DELETE', `/admin/deployments/${own}?now=true`)).status).toBe(403)
    }
    expect((await send('POST', '/admin/leases', { deployments: [id] })).body).toEqual({
      renewed: [],
      refused: [id],
    })
    for (const node of ['theirs', 'far']) {
      const { status, body } = await send('POST', '/admin/deployments', mine({ node }))
      expect([status, body.code]).toEqual([403, 'forbidden'])
    }
    expect((await router.admin('GET', '/deployments')).body).toMatchObject({
      deployments: [
        { id: 'tone@1/far', target: router.farUrl },
        { id, weight: 1 },
      ],
    })
  })

  test("takes no node's name for another version or model of it, since the router signs by that name", async () => {
    const { manifest } = { manifest: { ...toneManifest, version: '2' } }
    await router.admin('POST', '/models', { manifest })
    const { status, body } = await send(
      'POST',
      '/admin/deployments',
      mine({ node: 'far', version: '2' }),
    )
    expect([status, body.code]).toEqual([403, 'forbidden'])
  })

  test('decides nothing that an operator decides', async () => {
    const refused: [Record<string, unknown>, string][] = [
      [{ weight: 1_000 }, 'weight'],
      [{ state: 'ready' }, 'state'],
      [{ id: 'tone@1/next' }, 'id'],
      [{ region: 'eu' }, 'region'],
      [{ cost: 0 }, 'cost'],
      [{ transport: 'binding', target: 'DB' }, 'bindings'],
      [{ leaseSeconds: null }, 'leaseSeconds'],
      [{ leaseSeconds: undefined }, 'leaseSeconds'],
    ]
    for (const [more, named] of refused) {
      const { status, body } = await send('POST', '/admin/deployments', mine(more))
      expect([status, String(body.detail)]).toEqual([403, expect.stringContaining(named)])
    }
    const inside = await send('POST', '/admin/deployments', mine({ target: 'https://10.0.0.1' }))
    expect([inside.status, inside.body.code]).toEqual([400, 'invalid_request'])
  })

  test('cannot undo that an operator drains its node', async () => {
    await send('POST', '/admin/deployments', mine())
    await router.admin('PATCH', '/deployments/tone@1/mine', { state: 'draining', weight: 3 })
    const again = await send('POST', '/admin/deployments', mine())
    expect([again.body.state, again.body.weight]).toEqual(['draining', 3])
  })

  test('is worth nothing once revoked: what it registered runs out', async () => {
    const { body: made } = await router.admin('POST', '/keys', {
      name: 'gone',
      scopes: ['register'],
    })
    const gone = String(made.key)
    await send('POST', '/admin/deployments', mine({ node: 'gone' }), gone)
    await router.admin('DELETE', `/keys/${String(made.id)}`)
    const renewal = await send('POST', '/admin/leases', { deployments: ['tone@1/gone'] }, gone)
    expect(renewal.status).toBe(401)
  })
})

test('nobody but an admin sees whose a deployment is, or where', async () => {
  const { body } = await router.send('/topology', { key: router.inferKey })
  expect(JSON.stringify(body)).not.toMatch(/"(owner|target)"/)
})
