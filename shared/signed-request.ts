/**
 * The router's signature over an `http` hop: a short-lived EdDSA JWT that names the node, the method,
 * the path and the digest of the body. Nodes hold only the public key, so none can call another.
 */
import { importJWK, jwtVerify, SignJWT, type JWK } from 'jose'
import { z } from 'zod'

import { MeshError } from './mesh-error.ts'
import { sha256 } from './sha256.ts'

const ALGORITHM = 'EdDSA'
const ISSUER = 'capillary-router'
/** Long enough for clocks that differ a little, short enough that a captured call is soon worthless. */
const LIFETIME_S = 60
const CLOCK_TOLERANCE_S = 30

export interface SignedParts {
  method: string
  path: string
  body: Uint8Array
}

const Claims = z.object({ htm: z.string(), htu: z.string(), body: z.string() })

type ImportedKey = Awaited<ReturnType<typeof importJWK>>

/**
 * Imported keys by their JSON: importing costs more than signing. The key is kept, not its promise,
 * which in workerd belongs to one request. Bounded by the keys a node is configured with.
 */
const keys = new Map<string, ImportedKey>()

/** Signs a call for one node. `privateKey` is a JWK as JSON. */
export async function signRequest(
  { method, path, body }: SignedParts,
  { privateKey, audience }: { privateKey: string; audience: string },
): Promise<string> {
  return new SignJWT({ htm: method, htu: path, body: await sha256(body) })
    .setProtectedHeader({ alg: ALGORITHM })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(`${LIFETIME_S}s`)
    .setJti(crypto.randomUUID())
    .sign(await importKey(privateKey))
}

/** Throws `unauthenticated` unless the signature is the router's, for this node, method, path and body. */
export async function verifySignature(
  { signature, method, path, body }: SignedParts & { signature: string },
  { publicKey, audience }: { publicKey: string; audience: string },
): Promise<void> {
  const { payload } = await jwtVerify(signature, await importKey(publicKey), {
    algorithms: [ALGORITHM],
    issuer: ISSUER,
    audience,
    clockTolerance: CLOCK_TOLERANCE_S,
    // without it a node whose clock is behind would take a captured call for as long as it is behind
    maxTokenAge: LIFETIME_S,
    requiredClaims: ['exp', 'iat', 'jti'],
  }).catch((err: unknown) => {
    throw new MeshError('unauthenticated', "the router's signature is not valid for this node", {
      cause: err,
    })
  })
  const claims = Claims.safeParse(payload)
  const matches =
    claims.success &&
    claims.data.htm === method &&
    claims.data.htu === path &&
    claims.data.body === (await sha256(body))
  if (!matches) {
    throw new MeshError('unauthenticated', "the router's signature is of another request")
  }
}

async function importKey(json: string): Promise<ImportedKey> {
  const known = keys.get(json)
  if (known) return known
  // as: importJWK itself refuses what isn't a key
  const key = await importJWK(JSON.parse(json) as JWK, ALGORITHM)
  keys.set(json, key)
  return key
}
