import { describe, expect, inject, test } from 'vitest'

import { AdminClient } from '../scripts/mesh/admin-client.ts'
import { meshClient } from './mesh-client.ts'
import { expectProblem } from './model-contract.ts'

const mesh = inject('mesh')
const admin = new AdminClient(mesh.url, mesh.adminKey)
const { post, get } = meshClient(mesh)
const LANGUAGE = '/infer/text-classification/language'
const TEXT = 'Ceci est une phrase écrite en français.'

describe('API keys', () => {
  test('are required, and must be known', async () => {
    await expectProblem(post(LANGUAGE, TEXT, { authorization: '' }), 401, 'unauthenticated')
    await expectProblem(
      post(LANGUAGE, TEXT, { authorization: 'Basic abc' }),
      401,
      'unauthenticated',
    )
    await expectProblem(
      post(LANGUAGE, TEXT, { authorization: `Bearer cap_${'x'.repeat(43)}` }),
      401,
      'unauthenticated',
    )
    await expectProblem(get('/capabilities', 'cap_nobody-has-this-key'), 401, 'unauthenticated')
  })

  test('open only what their scopes name', async () => {
    await expectProblem(get('/admin/keys'), 403, 'forbidden')
    await expectProblem(
      post(LANGUAGE, TEXT, { authorization: `Bearer ${mesh.adminKey}` }),
      403,
      'forbidden',
    )
  })

  test('stop working when they expire', async () => {
    const { key } = await admin.createKey('short-lived', ['infer'], 1)
    expect((await get('/capabilities', key)).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    const problem = await expectProblem(get('/capabilities', key), 401, 'unauthenticated')
    expect(problem.detail).toContain('expired')
  })

  test('stop working when they are revoked, and are never shown again', async () => {
    const { id, key } = await admin.createKey('to-revoke', ['infer'])
    expect((await post(LANGUAGE, TEXT, { authorization: `Bearer ${key}` })).status).toBe(200)
    await admin.revokeKey(id)
    const problem = await expectProblem(
      post(LANGUAGE, TEXT, { authorization: `Bearer ${key}` }),
      401,
      'unauthenticated',
    )
    expect(problem.detail).toContain('revoked')
    const listed = await (await get('/admin/keys', mesh.adminKey)).text()
    expect(listed).toContain('to-revoke')
    expect(listed).not.toContain(key)
    expect(listed).not.toContain('hash')
    expect(await (await get('/admin/audit?limit=1', mesh.adminKey)).json()).toMatchObject({
      audit: [{ action: 'revoke_key', target: id, actor: 'root' }],
    })
  })
})
