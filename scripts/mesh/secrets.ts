import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'

import { writeAtomically } from '../build/write-atomically.ts'

const Secrets = z.object({
  adminKey: z.string(),
  /** Ed25519 key pair of the router, as JWK JSON. */
  signingKey: z.string(),
  publicKey: z.string(),
  /** Ed25519 private key that signs cards, as JWK JSON. */
  cardSigningKey: z.string(),
  /** An API key with the scope `infer`, once the registry has made one. */
  inferKey: z.string().optional(),
})
export type Secrets = z.infer<typeof Secrets>

/** The local mesh's own secrets, made at the first start and kept in git-ignored `.mesh/`. */
export async function loadSecrets(outputDir: string): Promise<Secrets> {
  const path = join(outputDir, 'secrets.json')
  const kept = await readFile(path, 'utf8').catch(() => undefined)
  const known = kept === undefined ? undefined : Secrets.safeParse(JSON.parse(kept)).data
  if (known) return known
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true })
  const cards = await generateKeyPair('EdDSA', { extractable: true })
  const secrets: Secrets = {
    adminKey: `cap_${randomBytes(32).toString('base64url')}`,
    signingKey: JSON.stringify(await exportJWK(privateKey)),
    publicKey: JSON.stringify(await exportJWK(publicKey)),
    cardSigningKey: JSON.stringify(await exportJWK(cards.privateKey)),
  }
  await saveSecrets(outputDir, secrets)
  return secrets
}

export async function saveSecrets(outputDir: string, secrets: Secrets): Promise<void> {
  await writeAtomically(join(outputDir, 'secrets.json'), JSON.stringify(secrets, null, 2))
}
