/**
 * The router's signature over an `http` hop: a short-lived EdDSA JWT that names the node, the method,
 * the path and the digest of the body. Nodes hold only the public key, so none can call another.
 */
import { importJWK, jwtVerify, SignJWT, type JWK } from 'jose'
import { z } from 'zod'

import { MeshError } from './mesh-error.ts'
import type { ReplayWindow } from './replay-window.ts'
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

/** Some 500 are needed; what is longer isn't even parsed. */
const MAX_SIGNATURE_CHARS = 2_048

const Claims = z.object({
  htm: z.string(),
  htu: z.string(),
  body: z.string(),
  jti: z.string().max(64),
  iat: z.number(),
})

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

/** A call as it came in, its body not yet read. */
export interface SignedCall {
  signature: string
  method: string
  path: string
  readBody(): Promise<Uint8Array>
}

export interface SignatureTrust {
  /** The router's, as JWK JSON. */
  publicKey: string
  /** The node that was called. */
  audience: string
  /** Calls that were taken before. */
  seen: ReplayWindow
}

/**
 * The body of a call. Throws `unauthenticated` unless the signature is the router's, for this node, method, path and
 * body, and is used for the first time. Nothing of the body is read for who isn't the router.
 */
export async function verifySignature(
  { signature, method, path, readBody }: SignedCall,
  { publicKey, audience, seen }: SignatureTrust,
): Promise<Uint8Array> {
  if (signature.length > MAX_SIGNATURE_CHARS) throw notValid()
  const { payload } = await jwtVerify(signature, await importKey(publicKey), {
    algorithms: [ALGORITHM],
    issuer: ISSUER,
    audience,
    clockTolerance: CLOCK_TOLERANCE_S,
    // without it a node whose clock is behind would take a captured call for as long as it is behind
    maxTokenAge: LIFETIME_S,
    requiredClaims: ['exp', 'iat', 'jti'],
  }).catch((err: unknown) => {
    throw notValid(err)
  })
  const claims = Claims.safeParse(payload).data
  if (claims?.htm !== method || claims.htu !== path) throw ofAnother()
  const expiresAt = (claims.iat + LIFETIME_S + CLOCK_TOLERANCE_S) * 1_000
  seen.take(claims.jti, expiresAt, Date.now())
  const body = await readBody()
  if (claims.body !== (await sha256(body))) throw ofAnother()
  return body
}

function notValid(cause?: unknown): MeshError {
  return new MeshError('unauthenticated', "the router's signature is not valid for this node", {
    cause,
  })
}

function ofAnother(): MeshError {
  return new MeshError('unauthenticated', "the router's signature is of another request")
}

async function importKey(json: string): Promise<ImportedKey> {
  const known = keys.get(json)
  if (known) return known
  const key = await readKey(json)
  keys.set(json, key)
  return key
}

async function readKey(json: string): Promise<ImportedKey> {
  try {
    // as: importJWK itself refuses what isn't a key
    return await importJWK(JSON.parse(json) as JWK, ALGORITHM)
  } catch {
    // without the cause, whose message repeats a part of the key
    throw new MeshError('internal', 'the key of signatures is not an Ed25519 key as JWK JSON')
  }
}
