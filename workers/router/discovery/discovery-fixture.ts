/** What tests of discovery do with a test router: offer one more capability, and search. */
import { z } from 'zod'

import { modelEntry } from '../registry/registry-fixture.ts'
import type { TestRouter } from '../start-test-router.ts'

const Found = z.object({
  results: z.array(
    z.looseObject({ identifier: z.string(), type: z.string(), score: z.int(), source: z.url() }),
  ),
  referrals: z.array(z.unknown()).optional(),
  pageToken: z.string().optional(),
})

/** The model `id` with a capability of its own, ready on the far node, until what is returned is called. */
export async function offer(
  router: TestRouter,
  id: string,
  overrides: Parameters<typeof modelEntry>[0] = {},
): Promise<() => Promise<void>> {
  const { manifest } = modelEntry({ id, capability: `text-classification/${id}`, ...overrides })
  await expectStatus(router.admin('POST', '/models', { manifest }), 201)
  await expectStatus(router.admin('POST', '/deployments', router.place({ model: id })), 201)
  return async () => {
    await expectStatus(
      router.admin('DELETE', `/deployments/${id}@${manifest.version}/far?now=true`),
      204,
    )
    await expectStatus(router.admin('DELETE', `/models/${id}`), 204)
  }
}

/** `POST /search`, which must succeed, and by what it says it searched. */
export async function search(
  router: TestRouter,
  query: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Promise<z.infer<typeof Found> & { how: string | null }> {
  const answer = router.send('/search', {
    method: 'POST',
    key: router.inferKey,
    body: JSON.stringify({ query, ...more }),
  })
  const { body, headers } = await expectStatus(answer, 200)
  return { ...Found.parse(body), how: headers.get('mesh-search') }
}

async function expectStatus<T extends { status: number; body: unknown }>(
  answer: Promise<T>,
  status: number,
): Promise<T> {
  const given = await answer
  if (given.status === status) return given
  throw new Error(`expected ${status}, got ${given.status}: ${JSON.stringify(given.body)}`)
}
