import type { Context } from 'hono'
import type { z } from 'zod'

import { canonicalJson } from '#shared/canonical-json.ts'
import { describeIssues } from '#shared/describe-issues.ts'
import { parseJson } from '#shared/json.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { readBody } from '#shared/read-body.ts'

import type { RouterApp } from '../env.ts'
import { RegistryReader } from '../registry/registry-reader.ts'
import { RegistryStore } from '../registry/registry-store.ts'
import type { Audit } from '../registry/write-registry.ts'

/** A manifest with its examples is the largest thing sent here. */
export const MAX_ADMIN_BODY_BYTES = 1024 * 1024

/** Makes one change, with who did it, and lets this isolate see it at once. */
export async function change(
  c: Context<RouterApp>,
  action: string,
  target: string,
  write: (store: RegistryStore, audit: Audit) => Promise<void>,
): Promise<void> {
  await write(new RegistryStore(c.env), { actor: c.get('key').id, action, target })
  await c.get('registry').reload(new RegistryReader(c.env))
}

/** The body as `schema` has it. Throws `invalid_request` that names what is wrong. */
export async function readAdminBody<T>(c: Context<RouterApp>, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(
    parseJson(await readBody(c.req.raw, MAX_ADMIN_BODY_BYTES, '[admin]')),
  )
  if (parsed.success) return parsed.data
  throw new MeshError('invalid_request', describeIssues(parsed.error))
}

/** Key order doesn't matter: D1 gives back what was stored, a client may send it in another order. */
export function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b)
}
