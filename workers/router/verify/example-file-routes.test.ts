import { afterAll, beforeAll, expect, test } from 'vitest'

import { sha256 } from '#shared/sha256.ts'

import { modelEntry } from '../registry/registry-fixture.ts'
import { startTestRouter, type TestRouter } from '../start-test-router.ts'
import { MAX_EXAMPLE_FILE_BYTES } from './example-file-routes.ts'

const PICTURE = Uint8Array.of(1, 2, 3)
const BIG = new Uint8Array(MAX_EXAMPLE_FILE_BYTES + 1)
const LARGE = Array.from({ length: 9 }, (_, i) => new Uint8Array(MAX_EXAMPLE_FILE_BYTES).fill(i))

let router: TestRouter
let digests: { picture: string; big: string; large: string[] }

const put = (digest: string, body: Uint8Array<ArrayBuffer>, path = '/models/seer/versions/1') =>
  router.send(`/admin${path}/examples/${digest}`, { method: 'PUT', body })

beforeAll(async () => {
  router = await startTestRouter({ VERIFICATION: 'required' })
  digests = {
    picture: await sha256(PICTURE),
    big: await sha256(BIG),
    large: await Promise.all(LARGE.map((bytes) => sha256(bytes))),
  }
  const { manifest } = modelEntry({
    id: 'seer',
    capability: 'image-classification/seen',
    accepts: ['image/png'],
    examples: [digests.picture, digests.big, ...digests.large].map((digest, i) => ({
      name: `n${i}`,
      input: { file: { type: 'file', path: 'a.png', sha256: digest }, mediaType: 'image/png' },
      expected: [{ label: 'good', score: 1 }],
      tolerance: 0,
    })),
  })
  await router.admin('POST', '/models', { manifest })
}, 60_000)
afterAll(() => router.stop())

test('a file of an example is stored under its digest, and once', async () => {
  expect(await put(digests.picture, PICTURE)).toMatchObject({
    status: 201,
    body: { model: 'seer@1', sha256: digests.picture, changed: true },
  })
  expect(await put(digests.picture, PICTURE)).toMatchObject({
    status: 200,
    body: { changed: false },
  })
  // nobody can put another in its place
  await put(digests.picture, Uint8Array.of(6))
  const { results } = await (
    await router.database()
  )
    .prepare('select sha256, size, data from example_files')
    .all()
  expect(results).toEqual([{ sha256: digests.picture, size: 3, data: 'AQID' }])
})

test('anything but what the manifest names is refused', async () => {
  const [first = ''] = digests.large
  const wrong = await put(first, PICTURE)
  expect([wrong.status, wrong.body.detail]).toEqual([
    400,
    `the body's SHA-256 is ${digests.picture}, not ${first}`,
  ])
  const unnamed = await put('f'.repeat(64), PICTURE)
  expect([unnamed.status, unnamed.body.code]).toEqual([400, 'invalid_request'])
  expect((await put(digests.picture, PICTURE, '/models/seer/versions/2')).body.code).toBe(
    'model_unknown',
  )
  expect((await put('..%2f..', PICTURE)).status).toBe(400)
})

test('one that is too large is refused, and so is one too many', async () => {
  const big = await put(digests.big, BIG)
  expect([big.status, big.body.code]).toEqual([413, 'payload_too_large'])
  const statuses: number[] = []
  for (const [i, bytes] of LARGE.entries()) {
    statuses.push((await put(digests.large[i] ?? '', bytes)).status)
  }
  // with the three bytes of the picture the eighth is one too many
  expect(statuses).toEqual([...Array.from({ length: 7 }, () => 201), 413, 413])
})

test('while one is missing there is no verdict, and it says which', async () => {
  const { body } = await router.admin(
    'POST',
    '/deployments',
    router.place({ model: 'seer', node: 'seer' }),
  )
  expect(body.verification).toMatchObject({
    state: 'pending',
    note: `a file of its examples is missing: PUT /admin/models/seer/versions/1/examples/${digests.big}`,
  })
  await router.admin('DELETE', '/deployments/seer@1/seer?now=true')
})

test('when it has come, the deployment that waited for it is asked at once', async () => {
  const { manifest } = modelEntry({
    id: 'late',
    capability: 'image-classification/late',
    accepts: ['image/png'],
    examples: Array.from({ length: 3 }, (_, i) => ({
      name: `n${i}`,
      input: {
        file: { type: 'file' as const, path: 'a.png', sha256: digests.picture },
        mediaType: 'image/png',
      },
      expected: [{ label: 'good', score: 1 }],
      tolerance: 0,
    })),
  })
  await router.admin('POST', '/models', { manifest })
  const register = async () =>
    (await router.admin('POST', '/deployments', router.place({ model: 'late', node: 'late' }))).body
  expect(await register()).toMatchObject({ verification: { state: 'pending' } })
  expect((await put(digests.picture, PICTURE, '/models/late/versions/1')).status).toBe(201)
  expect(await register()).toMatchObject({ verification: { state: 'passed' } })
  expect(router.received.at(-1)).toMatchObject({
    headers: { 'content-type': 'image/png' },
    body: Buffer.from(PICTURE),
  })
  await router.admin('DELETE', '/deployments/late@1/late?now=true')
  await router.admin('DELETE', '/models/late')
})

test('only an admin key may store them, and they go with the model', async () => {
  const path = `/admin/models/seer/versions/1/examples/${digests.picture}`
  const { status } = await router.send(path, { method: 'PUT', key: router.inferKey, body: PICTURE })
  expect(status).toBe(403)
  expect((await router.admin('DELETE', '/models/seer')).status).toBe(204)
  const { results } = await (await router.database()).prepare('select 1 from example_files').all()
  expect(results).toEqual([])
})
