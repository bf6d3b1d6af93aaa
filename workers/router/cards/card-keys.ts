import { calculateJwkThumbprint, importJWK, type JWK } from 'jose'
import { z } from 'zod'

import { log } from '#shared/log.ts'
import { MeshError } from '#shared/mesh-error.ts'

import type { CardSettings } from '../env.ts'

export const CARD_ALGORITHM = 'EdDSA'

const Ed25519 = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[\w-]{43}$/),
})
const PrivateEd25519 = Ed25519.extend({ d: z.string().regex(/^[\w-]{43}$/) })
const Keys = z
  .union([z.object({ keys: z.array(z.unknown()).min(1).max(8) }), z.unknown()])
  .transform((value) => {
    const own = z.object({ keys: z.array(z.unknown()) }).safeParse(value)
    return own.success ? own.data.keys : [value]
  })
  .pipe(z.tuple([PrivateEd25519], Ed25519))

/** The key that signs cards, by the name that its public half is published under. */
export interface CardKey {
  kid: string
  key: Awaited<ReturnType<typeof importJWK>>
}

/** The key that signs. Throws `unsupported` when this router has none. */
export async function requireCardKey(env: CardSettings): Promise<CardKey> {
  const found = await findCardKey(env)
  if (found) return found
  throw new MeshError('unsupported', 'this router signs no cards: it has no CARD_SIGNING_KEY')
}

export async function findCardKey(env: CardSettings): Promise<CardKey | undefined> {
  const [first] = keysOf(env)
  if (!first) return undefined
  const { kty, crv, x } = first
  return {
    kid: await calculateJwkThumbprint({ kty, crv, x }),
    key: await importJWK(first, CARD_ALGORITHM),
  }
}

/** What verifies cards: the public half of each key, those that signed before among them. */
export async function publishedKeys(env: CardSettings): Promise<JWK[]> {
  return Promise.all(
    keysOf(env).map(async ({ kty, crv, x }) => {
      const kid = await calculateJwkThumbprint({ kty, crv, x })
      return { kty, crv, x, kid, use: 'sig', alg: CARD_ALGORITHM }
    }),
  )
}

function keysOf({ CARD_SIGNING_KEY }: CardSettings): z.infer<typeof Keys> | [] {
  if (CARD_SIGNING_KEY === undefined) return []
  const parsed = Keys.safeParse(parse(CARD_SIGNING_KEY))
  if (parsed.success) return parsed.data
  // without the issues, which could repeat a key
  log.error('setting_unreadable', {
    name: 'CARD_SIGNING_KEY',
    message: 'must be an Ed25519 private key as JWK JSON, or a JWK set that begins with one',
  })
  return []
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
