import { FlattenedSign } from 'jose'

import { canonicalJson } from '#shared/canonical-json.ts'

import { CARD_ALGORITHM, findCardKey } from '../cards/card-keys.ts'
import type { CardSettings } from '../env.ts'

/**
 * An agent card with a signature as A2A 1.0 has it (§8.4): JWS over its canonical JSON without `signatures`
 * and without what is empty, which A2A's clients can't tell from what is absent. As it is where this router
 * has no key.
 */
export async function withSignature(
  card: object,
  origin: string,
  env: CardSettings,
): Promise<object> {
  const own = await findCardKey(env)
  if (!own) return card
  const { key, kid } = own
  const payload = new TextEncoder().encode(canonicalJson(withoutEmpty(card)))
  const { protected: header, signature } = await new FlattenedSign(payload)
    .setProtectedHeader({
      alg: CARD_ALGORITHM,
      typ: 'JOSE',
      kid,
      jku: `${origin}/.well-known/jwks.json`,
    })
    .sign(key)
  return { ...card, signatures: [{ protected: header, signature }] }
}

/** undefined of a value that has nothing in it. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutEmpty).filter((item) => item !== undefined)
    return items.length > 0 ? items : undefined
  }
  if (typeof value !== 'object') return value === '' ? undefined : value
  const members = Object.entries(value ?? {})
    .map(([name, own]) => [name, withoutEmpty(own)] as const)
    .filter(([, own]) => own !== undefined)
  return members.length > 0 ? Object.fromEntries(members) : undefined
}
