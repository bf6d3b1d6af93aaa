import { CompactSign } from 'jose'

import { canonicalJson } from '#shared/canonical-json.ts'

import { CARD_ALGORITHM, type CardKey } from './card-keys.ts'

/** What a verifier asks of the header, so that nothing else this key may ever sign passes for a card. */
const CARD_TYPE = 'capillary-card+jwt'
/** Measurements are renewed daily. */
const CARD_LASTS_S = 24 * 3600

/**
 * A card as compact JWS: a JWT whose claim `card` is what `GET /models/{id}/versions/{version}` answers, said
 * by this mesh (`iss`) of this version (`sub`) now. Its payload is canonical JSON (RFC 8785).
 */
export async function signCard(
  { card, subject, issuer }: { card: object; subject: string; issuer: string },
  { key, kid }: CardKey,
  now = Date.now(),
): Promise<string> {
  const iat = Math.floor(now / 1000)
  const claims = { iss: issuer, sub: subject, iat, exp: iat + CARD_LASTS_S, card }
  return new CompactSign(new TextEncoder().encode(canonicalJson(claims)))
    .setProtectedHeader({ alg: CARD_ALGORITHM, typ: CARD_TYPE, kid })
    .sign(key)
}
